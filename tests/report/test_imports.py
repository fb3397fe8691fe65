"""A report is told without the machinery that made it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MODULES = ["html", "markdown", "several", "terminal"]


def loaded(module: str) -> set[str]:
    """Top-level packages in memory after importing one module in a fresh interpreter."""
    program = f"import sys, json, {module}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", MODULES)
def test_nothing_heavy_is_loaded(module: str) -> None:
    assert not loaded(f"overproof.report.{module}") & {"torch", "numpy", "scipy", "sklearn", "pandas"}
