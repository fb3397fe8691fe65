"""How well scores put the rows of one answer before those of the other: of one yes or no, whatever it belongs to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def area_under_roc(scores: Floats, on: Booleans) -> float:
    """How probable it is that a row that is on scores higher than one that is not; equal scores count half.

    That is the area under the receiver operating characteristic (Hanley and McNeil, Radiology 143:29–36, 1982). Rows
    that are all alike have no order to get right: 0.5, as of scores that say nothing.

    Args:
        scores: [rows], finite.
        on: [rows].

    Example:
        >>> area_under_roc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True]))
        0.875
    """
    positives = int(on.sum())
    negatives = len(on) - positives
    if positives == 0 or negatives == 0:
        return 0.5
    return float((ranks(scores)[on].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def ranks(scores: NDArray[np.floating]) -> Floats:
    """The rank of each score from the lowest, which has 1; equal scores have the mean of theirs.

    What :func:`scipy.stats.rankdata` says of finite numbers, without the second that importing it takes.

    Args:
        scores: [rows], finite.

    Returns:
        [rows].

    Example:
        >>> ranks(np.array([0.1, 0.4, 0.4, 0.8]))
        array([1. , 2.5, 2.5, 4. ])
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)


def precision_by_recall(scores: Floats, on: Booleans) -> float:
    """Mean precision over the rows that are on, each where it is found when rows are read from the highest score down.

    ``Σ (recallₙ − recallₙ₋₁) · precisionₙ`` over the different scores (scikit-learn's ``average_precision_score``).
    Scores that say nothing have the share of rows that are on, and so has a set of rows that are all alike: 1 or 0.

    Args:
        scores: [rows], finite.
        on: [rows].

    Example:
        >>> round(precision_by_recall(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])), 4)
        0.8333
    """
    if not on.any():
        return 0.0
    different, place = np.unique(-scores, return_inverse=True)
    found = np.cumsum(np.bincount(place, weights=on, minlength=len(different)))
    read = np.cumsum(np.bincount(place, minlength=len(different)))
    return float(np.sum(np.diff(found, prepend=0.0) * found / read) / found[-1])


def harmonic(called: Booleans, on: Booleans) -> float:
    """F1: the harmonic mean of precision and recall, ``2 · hits / (rows called on + rows that are on)``.

    0 where nothing is on and nothing is called so, as in scikit-learn.

    Args:
        called: what was predicted [rows].
        on: [rows].

    Example:
        >>> harmonic(np.array([True, True, False]), np.array([True, False, False])).__round__(4)
        0.6667
    """
    total = int(called.sum()) + int(on.sum())
    return 2 * int((called & on).sum()) / total if total else 0.0
