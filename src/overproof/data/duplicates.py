"""Rows that must never stand on both sides of a border: those that repeat one another, and those of one group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import Dataset


def same_inputs(dataset: Dataset) -> NDArray[np.int64]:
    """Number the distinct inputs; labels do not matter.

    Args:
        dataset: any.

    Returns:
        [rows], 0, 1, 2, …: the same number means exactly the same inputs.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> data = from_arrays([[1.0], [2.0], [1.0], [1.0]], ["a", "b", "b", "a"], "four")
        >>> same = same_inputs(data)
        >>> bool(same[0] == same[2]), count(data)
        (True, 2)
    """
    return np.unique(dataset.row_digests(), return_inverse=True)[1].astype(np.int64)


def count(dataset: Dataset) -> int:
    """Rows that repeat an earlier row exactly."""
    return len(dataset) - len(np.unique(dataset.row_digests()))


def duplicate_groups(dataset: Dataset) -> NDArray[np.int64]:
    """Number the rows that stay together: exact repeats, and rows of one value of ``data.groups``.

    Both at once: where a row of one patient repeats a row of another, the two patients stay together.

    Args:
        dataset: any; without groups, the answer is that of :func:`same_inputs`.

    Returns:
        [rows], 0, 1, 2, …: rows with different numbers have nothing in common.

    Example:
        >>> from dataclasses import replace
        >>> from overproof.data.dataset import from_arrays
        >>> data = from_arrays([[1.0], [2.0], [1.0], [3.0], [4.0]], ["a", "b", "b", "a", "a"], "five")
        >>> groups = duplicate_groups(replace(data, groups=np.array([7, 7, 8, 8, 9])))
        >>> len(set(groups[:4].tolist())), bool(groups[4] == groups[0])
        (1, False)
    """
    same = same_inputs(dataset)
    if dataset.groups is None:
        return same
    from scipy.sparse import coo_array  # noqa: PLC0415 (slow to import, and needed with groups only)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    named = np.unique(dataset.groups, return_inverse=True)[1]
    contents, names = int(same.max()) + 1, int(named.max()) + 1
    rows = coo_array(  # each row joins its content and its group
        (np.ones(len(same)), (same, contents + named)), shape=(contents + names, contents + names)
    )
    parts = connected_components(rows, directed=False)[1]
    return np.unique(parts[same], return_inverse=True)[1].astype(np.int64)
