"""Where computation happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from overproof.errors import StudyError


def resolve(name: str) -> torch.device:
    """The device that ``run.device`` means; ``auto`` prefers CUDA, then Apple's GPU, then the CPU.

    Raises:
        StudyError: when the device is not there.

    Example:
        >>> resolve("cpu")
        device(type='cpu')
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    device = torch.device(name)
    missing = (device.type == "cuda" and (not cuda or (device.index or 0) >= torch.cuda.device_count())) or (
        device.type == "mps" and not mps
    )
    if missing:
        raise StudyError(f"run.device = {name!r}, but there is no such device (torch {torch.__version__})")
    return device


def seed(device: torch.device, a_key: int) -> None:
    """Seed the generators that dropout draws from: the CPU's, and the device's own.

    ``torch.manual_seed`` would do, but where CUDA was never used it keeps a stack trace of every call.
    """
    torch.default_generator.manual_seed(a_key)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(a_key)
    elif device.type == "mps":
        torch.mps.manual_seed(a_key)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread: how members are trained wherever they run, so that the bits agree."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
