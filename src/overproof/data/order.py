"""In which order the rows of a split are trained on: keyed by epoch and row, never drawn from a stream."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.randomness import key, keyed_order


def epoch_rows(
    rows: NDArray[np.int64],
    ids: NDArray[np.uint64],
    seed: int,
    purpose: str,
    *,
    repeat: int,
    fold: int,
    epoch: int,
    batch: int,
    steps: int,
) -> NDArray[np.int64]:
    """The rows of every batch of one epoch.

    A random order of the rows, cut into ``steps`` batches; what is left over waits for another epoch. When there are
    fewer rows than ``steps × batch``, the order goes on with a fresh one for each pass. It depends on the key's parts
    and the ids alone: student and simple, an interrupted run and a reordered file see the same rows in the same order.

    Args:
        rows: positions in the data set, distinct; at least one.
        ids: ids of all rows of the data set.
        seed: the study's.
        purpose: what the order is for: labelled and transfer rows have orders of their own.
        repeat: of the split.
        fold: of the split.
        epoch: from 0.
        batch: rows per step.
        steps: steps per epoch.

    Returns:
        Positions in the data set, int64, [steps, batch].

    Example:
        >>> ids = np.arange(10, dtype=np.uint64)
        >>> rows = epoch_rows(np.array([3, 5, 8]), ids, 0, "order", repeat=0, fold=0, epoch=0, batch=2, steps=3)
        >>> rows.shape, np.unique(rows, return_counts=True)
        ((3, 2), (array([3, 5, 8]), array([2, 2, 2])))
    """
    own = ids[rows]
    passes = -(-steps * batch // len(rows))
    order = [keyed_order(key(seed, purpose, repeat, fold, epoch, a_pass), own) for a_pass in range(passes)]
    return rows[np.concatenate(order)[: steps * batch]].reshape(steps, batch)
