"""Stratified k-fold assignment that keeps duplicates together and does not depend on the order of the file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.data.strata import Strata
from overproof.randomness import keyed_bits


def assign_folds(strata: Strata, folds: int, a_key: int) -> NDArray[np.int64]:
    """The test fold of every row.

    Groups of duplicates are dealt first, the largest first, each to the fold that has fewest rows of its classes. The
    other rows are then dealt class by class in a random order, always to the fold with fewest of that class and, among
    those, to the smallest fold. Without duplicates the folds' class counts therefore differ by at most 1, and so do
    their sizes.

    Args:
        strata: classes, ids and duplicates of all rows.
        folds: how many; at least 2.
        a_key: with the ids it decides which row goes where.

    Returns:
        Fold numbers [rows], 0..folds−1.

    Example:
        >>> rows = np.arange(10)
        >>> strata = Strata(rows % 2, rows.astype(np.uint64), rows)
        >>> np.bincount(assign_folds(strata, 5, 7))
        array([2, 2, 2, 2, 2])
    """
    fold_of = np.full(len(strata.labels), -1, dtype=np.int64)
    counts = np.zeros((folds, int(strata.labels.max()) + 1), dtype=np.int64)  # [folds, classes]
    bits = keyed_bits(a_key, strata.leaders)
    for rows in _repeated(strata.groups, bits):
        labels = strata.labels[rows]
        fold = np.lexsort((counts.sum(axis=1), counts[:, labels].sum(axis=1)))[0]
        fold_of[rows] = fold
        np.add.at(counts[fold], labels, 1)
    single = np.flatnonzero(fold_of < 0)
    single = single[np.lexsort((strata.ids[single], bits[single]))]
    for label in range(counts.shape[1]):
        rows = single[strata.labels[single] == label]
        fold_of[rows] = _deal(len(rows), counts[:, label], counts.sum(axis=1))
        counts[:, label] += np.bincount(fold_of[rows], minlength=folds)
    return fold_of


def _repeated(groups: NDArray[np.int64], bits: NDArray[np.uint64]) -> list[NDArray[np.int64]]:
    """Positions of every group of two rows or more, largest first, then by the group's bits."""
    sizes = np.bincount(groups)
    rows = np.flatnonzero(sizes[groups] > 1)
    rows = rows[np.lexsort((groups[rows], bits[rows], -sizes[groups[rows]]))]
    borders = np.flatnonzero(np.diff(groups[rows])) + 1
    return np.split(rows, borders) if len(rows) else []


def _deal(cards: int, held: NDArray[np.int64], totals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Folds that receive ``cards`` rows one after another.

    Each goes to the fold that holds fewest of the class by then; among equals, to the one with fewest rows.
    """
    dealt = np.arange(cards)  # rows a fold has been dealt before, as if it received all of them
    held_then = held[:, np.newaxis] + dealt  # [folds, cards]
    total_then = totals[:, np.newaxis] + dealt
    slots = np.lexsort((total_then.ravel(), held_then.ravel()))[:cards]
    return slots // max(cards, 1)
