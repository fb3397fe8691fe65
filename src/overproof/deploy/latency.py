"""How long one row takes: models timed in turn, so that a noisy machine disturbs them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from overproof.device import one_thread

_ROUNDS, _WARM_UP = 60, 10


@torch.inference_mode()
def latencies(modules: Mapping[str, nn.Module], row: Tensor) -> tuple[dict[str, float], dict[str, float]]:
    """Time one row through each module, one thread, on the CPU, interleaved.

    Args:
        modules: by name; the first is the reference. Run in eval mode; modes are restored.
        row: one input, shape [1, ...].

    Returns:
        Median milliseconds by name, and the median over rounds of reference / module.
    """
    modes = {name: module.training for name, module in modules.items()}
    seconds: dict[str, list[float]] = {name: [] for name in modules}
    with one_thread():
        for _ in range(_WARM_UP + _ROUNDS):
            for name, module in modules.items():
                module.eval()
                start = time.perf_counter()
                module(row)
                seconds[name].append(time.perf_counter() - start)
    for name, module in modules.items():
        module.train(modes[name])
    kept = {name: values[_WARM_UP:] for name, values in seconds.items()}
    reference = next(iter(kept.values()))
    ratios = {
        name: statistics.median(slow / fast for slow, fast in zip(reference, values, strict=True))
        for name, values in kept.items()
    }
    return {name: 1e3 * statistics.median(values) for name, values in kept.items()}, ratios
