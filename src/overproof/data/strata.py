"""Stratified choices: how to take a part of some rows so that every class keeps its share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from overproof.randomness import keyed_bits

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Strata:
    """What a stratified choice looks at: class, id and duplicates of every row of the data set.

    Example:
        >>> strata = Strata(np.array([0] * 8 + [1] * 4), np.arange(12, dtype=np.uint64), np.arange(12))
        >>> third, rest = strata.divide(np.arange(12), 3, 7)
        >>> strata.labels[third], len(rest)
        (array([0, 0, 1]), 9)
    """

    labels: NDArray[np.int64]
    """[rows of the data set]."""
    ids: NDArray[np.uint64]
    """[rows of the data set]."""
    groups: NDArray[np.int64]
    """[rows of the data set], 0, 1, 2, …: rows with the same number are duplicates and stay together."""

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

        A row's duplicates go with it, so the choice may be a little larger. A larger ``count`` chooses a superset.

        Args:
            rows: distinct positions, ascending.
            count: rows to choose; at least one of each class when there are as many as classes.
            a_key: decides which.

        Returns:
            The choice and the rest, both ascending.
        """
        first = self.order(rows, a_key)[:count]
        chosen = np.isin(self.groups[rows], self.groups[first])
        return rows[chosen], rows[~chosen]

    def classes(self, rows: Rows) -> int:
        """How many classes occur in ``rows``."""
        return len(np.unique(self.labels[rows]))
