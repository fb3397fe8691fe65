"""Stratified choices: how to take a part of some rows so that every class keeps its share.

Strata are classes where every row has one. Several labels, or values, have strata that stand for them: see
:func:`strata_of`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.randomness import keyed_bits

Rows = NDArray[np.int64]

#: Values are ordered and cut into this many parts, so that every choice has its share of small and of large ones.
BINS = 10


def strata_of(labels: NDArray[Any], task: str) -> NDArray[np.int64]:
    """The stratum of every row: what a choice of rows keeps in proportion.

    Classes are their own strata. Of several labels it is the rarest one that a row has, as the rare ones are those that
    chance leaves out; rows without any are a stratum, too. Values are cut into :data:`BINS` parts of about as many rows
    each, by the first output; equal values are in one part.

    Args:
        labels: class numbers [rows], or labels or values [rows, outputs]; every row has its own.
        task: ``multilabel`` and ``regression`` have no classes.

    Example:
        >>> strata_of(np.array([[1, 0], [1, 1], [1, 0], [0, 0]], dtype=np.float32), "multilabel")
        array([0, 1, 0, 2])
        >>> strata_of(np.arange(20, dtype=np.float32)[:, None], "regression")[[0, 1, 2, 19]]
        array([0, 0, 1, 9])
    """
    if task == "multilabel":
        on = labels.reshape(len(labels), -1) == 1
        rarity = np.append(on.sum(axis=0), len(labels) + 1)  # the last one: no label at all
        has = np.concatenate((on, np.ones((len(on), 1), dtype=bool)), axis=1)
        return np.asarray(np.where(has, rarity, len(labels) + 2).argmin(axis=1), dtype=np.int64)
    if task == "regression":
        values = labels.reshape(len(labels), -1)[:, 0]
        below = np.searchsorted(np.sort(values), values)  # rows with a smaller value
        return (BINS * below.astype(np.int64)) // max(len(values), 1)
    return np.asarray(labels, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Strata:
    """What a stratified choice looks at: stratum, id and companions of every row that there is to choose from.

    Example:
        >>> strata = Strata(np.array([0] * 8 + [1] * 4), np.arange(12, dtype=np.uint64), np.arange(12))
        >>> third, rest = strata.divide(np.arange(12), 3, 7)
        >>> strata.labels[third], len(rest)
        (array([0, 0, 1]), 9)
    """

    labels: NDArray[np.int64]
    """[rows], 0, 1, 2, …: classes, or what :func:`strata_of` has in their place."""
    ids: NDArray[np.uint64]
    """[rows]."""
    groups: NDArray[np.int64]
    """[rows], 0, 1, 2, …: rows with the same number stay together."""
    needed: bool = True
    """Whether a choice must have a row of every stratum, as of a class; parts of values may do without."""

    @cached_property
    def leaders(self) -> NDArray[np.uint64]:
        """The smallest id among a row's duplicates: names the group, however it is numbered."""
        smallest = np.full(int(self.groups.max()) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(smallest, self.groups, self.ids)
        return smallest[self.groups]

    def order(self, rows: Rows, a_key: int) -> Rows:
        """``rows`` in a random order of which every beginning is stratified.

        The j-th (from 0) of a class's n rows stands at j/n, so every class comes once before any comes twice, and after
        that in proportion.

        Args:
            rows: distinct positions.
            a_key: from :func:`overproof.randomness.key`; with the ids it decides the order.

        Returns:
            The same positions in that order.
        """
        labels, ids = self.labels[rows], self.ids[rows]
        bits = keyed_bits(a_key, self.leaders[rows])
        by_class = np.lexsort((ids, bits, labels))
        counts = np.bincount(labels)
        sorted_labels = labels[by_class]
        rank = np.arange(len(rows)) - (np.cumsum(counts) - counts)[sorted_labels]
        share = rank / counts[sorted_labels]
        return rows[by_class[np.lexsort((ids[by_class], bits[by_class], share))]]

    def divide(self, rows: Rows, count: int, a_key: int) -> tuple[Rows, Rows]:
        """Divide ``rows`` into a stratified choice of ``count`` of them, and the rest.

        A group is taken whole, so the choice is the number of whole groups that comes nearest to ``count`` rows: no
        more than half of the last group away from it. It is larger where every class must have a row, and smaller where
        the rest would be empty otherwise. A larger ``count`` chooses a superset. Without groups it is ``count``.

        Args:
            rows: distinct positions, ascending.
            count: rows to choose; at least one of each class when there are as many as classes.
            a_key: decides which.

        Returns:
            The choice and the rest, both ascending.
        """
        ordered = self.groups[self.order(rows, a_key)]
        _, first, sizes = np.unique(ordered, return_index=True, return_counts=True)
        arrival = np.argsort(first)  # groups as they come, by their first row
        reached = np.cumsum(sizes[arrival])  # rows, once a group was taken
        number = int(np.searchsorted(reached, count))  # groups that stay below count
        if count > 0 and number < len(reached):
            before = int(reached[number - 1]) if number else 0
            number += bool(number == 0 or reached[number] - count <= count - before)
        number = min(number, len(reached) - (count < len(rows)))
        first_of_each = min(count, self.classes(rows) if self.needed else 1)
        number = max(number, int(np.searchsorted(first[arrival], first_of_each)))
        chosen = np.isin(self.groups[rows], ordered[first[arrival[:number]]])
        return rows[chosen], rows[~chosen]

    def classes(self, rows: Rows) -> int:
        """How many strata occur in ``rows``."""
        return len(np.unique(self.labels[rows]))
