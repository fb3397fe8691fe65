"""Rows that repeat one another exactly: they must never stand on both sides of a test border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import Dataset


def duplicate_groups(dataset: Dataset) -> NDArray[np.int64]:
    """Number the distinct inputs; labels do not matter.

    Args:
        dataset: any.

    Returns:
        [rows], 0, 1, 2, …: the same number means exactly the same inputs.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> groups = duplicate_groups(from_arrays([[1.0], [2.0], [1.0], [1.0]], ["a", "b", "b", "a"], "four"))
        >>> bool(groups[0] == groups[2]), count(groups)
        (True, 2)
    """
    return np.unique(dataset.row_digests(), return_inverse=True)[1].astype(np.int64)


def count(groups: NDArray[np.int64]) -> int:
    """Rows that repeat an earlier row."""
    return len(groups) - len(np.unique(groups))
