"""Stratified k-fold assignment that keeps groups together and does not depend on the order of the file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.data.strata import Strata
from overproof.randomness import keyed_bits


def assign_folds(strata: Strata, folds: int, a_key: int) -> NDArray[np.int64]:
    """The test fold of every row.

    Groups are dealt first, the largest first, each to the fold that has least of what is in it: the sum over classes of
    the group's rows times the fold's, each as a share of all rows of the class, and the same for rows of any class.
    That is the choice after which the sum of the squares of all these shares is smallest, and so the folds most alike.
    The other rows are then dealt class by class in a random order, always to the fold with fewest of that class and,
    among those, to the smallest fold. Without groups the folds' class counts therefore differ by at most 1, and so do
    their sizes.

    Args:
        strata: classes, ids and groups of all rows; at least as many groups (rows that stand alone are one, too) as
            folds.
        folds: how many; at least 2.
        a_key: with the ids it decides which row goes where.

    Returns:
        Fold numbers [rows], 0..folds−1; no fold is empty.

    Example:
        >>> rows = np.arange(10)
        >>> strata = Strata(rows % 2, rows.astype(np.uint64), rows)
        >>> np.bincount(assign_folds(strata, 5, 7))
        array([2, 2, 2, 2, 2])
    """
    fold_of = np.full(len(strata.labels), -1, dtype=np.int64)
    classes = int(strata.labels.max()) + 1
    counts = np.zeros((folds, classes), dtype=np.int64)  # [folds, classes]
    weights = 1 / np.maximum(np.bincount(strata.labels, minlength=classes), 1) ** 2
    of_size = 1 / len(strata.labels) ** 2
    bits = keyed_bits(a_key, strata.leaders)
    for rows in _repeated(strata.groups, bits):
        present, held = np.unique(strata.labels[rows], return_counts=True)
        sizes = counts.sum(axis=1)
        grows = counts[:, present] @ (held * weights[present]) + sizes * len(rows) * of_size
        fold = np.lexsort((sizes, np.round(grows, 12)))[0]
        fold_of[rows] = fold
        counts[fold, present] += held
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
