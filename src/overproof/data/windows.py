"""Rows in the order of time, cut into blocks: each is tested on by models that saw the earlier ones only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def blocks(times: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """The block of every row: 0 for the earliest, and none later than a row of the next block.

    Rows of one time are in one block. A border is drawn between the two times that come nearest to equal blocks.

    Args:
        times: [rows], finite.
        count: blocks, no more than there are different times.

    Returns:
        Block numbers [rows], 0..count−1; no block is empty.

    Example:
        >>> blocks(np.array([30.0, 10.0, 20.0, 20.0, 20.0, 40.0]), 3)
        array([2, 0, 1, 1, 1, 2])
    """
    moments, moment_of, sizes = np.unique(times, return_inverse=True, return_counts=True)
    passed = np.cumsum(sizes)  # rows up to and with a moment
    block_of = np.zeros(len(moments), dtype=np.int64)
    last = 0  # moments before the border
    for border in range(1, count):
        open_to = len(moments) - (count - border)  # one moment is left for every later block
        candidates = np.arange(last + 1, open_to + 1)
        away = np.abs(passed[candidates - 1] - border * len(times) / count)
        last = int(candidates[away.argmin()])
        block_of[last:] = border
    return block_of[moment_of]
