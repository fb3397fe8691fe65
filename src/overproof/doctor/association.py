"""Association: how far numbers go with labels, output by output, where there are several labels or values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from overproof.metrics.ranking import ranks

Floats = NDArray[np.float64]


def association(said: NDArray[np.floating], labels: NDArray[np.floating]) -> Floats:
    """How far each output goes with each label, in standard deviations of what chance gives.

    Spearman's rank correlation times √(rows − 1), which is standard normal where there is none and does not depend on
    units; of a label that is 0 or 1 it is the statistic of the rank-sum test (Mann and Whitney, 1947).

    Args:
        said: [rows, outputs].
        labels: [rows, labels].

    Returns:
        [outputs, labels]; 0 where an output or a label is always the same.

    Example:
        >>> rows = np.arange(100.0)[:, np.newaxis]
        >>> association(np.hstack([rows**3, -rows, 0 * rows]), rows).round(2).ravel()
        array([ 9.95, -9.95,  0.  ])
    """
    one, other = _unit(_centred(said)), _unit(_centred(labels))
    return np.asarray(one.T @ other * np.sqrt(len(said) - 1), dtype=np.float64)


def separation(values: NDArray[np.floating], labels: NDArray[np.floating]) -> Floats:
    """How well each feature separates the rows that have a label from those that have not: 2 · AUC − 1, in [−1, 1].

    Args:
        values: [rows, features].
        labels: 0 or 1, [rows, labels]; both occur in every column.

    Returns:
        [features, labels]; 1 or −1 where a threshold tells the label without error.

    Example:
        >>> labels = np.array([[0], [0], [1], [1]])
        >>> separation(np.array([[1, 4], [2, 1], [8, 2], [9, 3]]), labels).ravel()
        array([1., 0.])
    """
    yes = labels.sum(axis=0, dtype=np.float64)
    return np.asarray(2 * _centred(values).T @ labels.astype(np.float64) / (yes * (len(labels) - yes)))


def seen(outputs: int, risk: float = 0.01) -> float:
    """What the largest of so many associations exceeds by chance with this probability at most.

    Example:
        >>> round(seen(1), 2), round(seen(10), 2)
        (2.33, 3.09)
    """
    return float(ndtri(1 - risk / outputs))


def skill(said: Floats, labels: NDArray[np.floating]) -> Floats:
    """The part of the squared error of a constant that is gone, row by row: their mean is 1 for perfect answers.

    Of values it is R², of probabilities Brier's skill score, both averaged over the outputs that vary; 0 is for who
    always says the mean.

    Args:
        said: probabilities or values [rows, outputs].
        labels: [rows, outputs].

    Returns:
        [rows].

    Example:
        >>> labels = np.array([[0.0], [1.0]])
        >>> skill(labels, labels).mean(), skill(np.full((2, 1), 0.5), labels).mean()
        (np.float64(1.0), np.float64(0.0))
    """
    truth = labels.astype(np.float64)
    variance = truth.var(axis=0)
    varies = variance > 0
    if not varies.any():
        return np.zeros(len(truth))
    errors = (said[:, varies] - truth[:, varies]) ** 2 / variance[varies]
    return np.asarray(1 - errors.mean(axis=1))


def _centred(values: NDArray[np.floating]) -> Floats:
    """Ranks in every column, whose mean is 0."""
    return np.asarray(np.apply_along_axis(ranks, 0, values) - (len(values) + 1) / 2)


def _unit(columns: Floats) -> Floats:
    """Every column with length 1; one of zeros stays so."""
    length = np.linalg.norm(columns, axis=0)
    return np.where(length > 0, columns / np.where(length > 0, length, 1), 0)
