"""The machine and the versions that measured something."""

from __future__ import annotations

import importlib.metadata
import os
import platform

import torch


def machine() -> dict[str, str]:
    """What a reader needs to place a measurement; no names of hosts or users."""
    found = {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "cores": str(cores()),
    }
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def versions() -> dict[str, str]:
    """Versions of what decides a number's last bits."""
    packages = ("overproof", "torch", "numpy", "scipy", "scikit-learn")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in packages}}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
