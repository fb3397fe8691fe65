"""Whether confidence is worth what it says: reliability bins and the calibration errors drawn from them.

Confidence is the probability of the predicted class. A model is calibrated when, of the rows it is 80 % confident of,
80 % are right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.metrics.given import with_labels

#: Number of bins of :func:`ece`, :func:`ece_equal_mass` and :func:`reliability`.
ECE_BINS = 15


class ReliabilityBin(NamedTuple):
    """The rows whose confidence lies in (low, high]."""

    low: float
    high: float
    rows: int
    """At least one."""
    confidence: float
    """Mean over the rows."""
    accuracy: float
    """Share of the rows that are right."""


def reliability(probabilities: ArrayLike, labels: ArrayLike) -> list[ReliabilityBin]:
    """The bins of :func:`ece`: what a reliability diagram shows (Guo et al., arXiv:1706.04599).

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        The bins that have rows, by rising confidence.

    Raises:
        DataError: as :func:`ece`.

    Example:
        >>> for each in reliability([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]], [0, 1, 1]):
        ...     print(each.rows, round(each.confidence, 2), each.accuracy)
        1 0.8 1.0
        2 0.9 0.5
    """
    confidence, right = _confidence(probabilities, labels)
    bins = _of_equal_width(confidence)
    return [
        ReliabilityBin(
            low=index / ECE_BINS,
            high=(index + 1) / ECE_BINS,
            rows=int(np.sum(bins == index)),
            confidence=float(np.mean(confidence[bins == index])),
            accuracy=float(np.mean(right[bins == index])),
        )
        for index in np.unique(bins).tolist()
    ]


def ece(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Expected calibration error: how far confidence is from accuracy, on average.

    Confidence is the probability of the predicted class. Rows are binned by it into 15 bins of equal width, closed on
    the right, ((b − 1)/15, b/15]; ``Σ_bins rows_in_bin / rows · |accuracy − mean confidence|`` (Guo et al.,
    arXiv:1706.04599).

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A number in [0, 1]; less is better.

    Raises:
        DataError: when there are no rows, shapes do not fit, or the values are no probabilities or no classes.

    Example:
        >>> round(ece([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]], [0, 1, 1]), 4)
        0.3333
    """
    confidence, right = _confidence(probabilities, labels)
    return _error(_of_equal_width(confidence), confidence, right)


def ece_equal_mass(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Expected calibration error over 15 bins that hold equally many rows.

    Most rows of a good model are very confident: bins of equal width put nearly all of them into the last one, and
    errors of opposite sign cancel there. Here a row's bin is ``⌊15 · rows of lower confidence / rows⌋``, so that equal
    confidences share a bin; the formula is that of :func:`ece` (Nguyen and O'Connor, arXiv:1508.05154; compared with
    equal widths by Nixon et al., arXiv:1904.01685).

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A number in [0, 1]; less is better.

    Raises:
        DataError: as :func:`ece`.

    Example:
        >>> probabilities, labels = [[0.99, 0.01], [0.95, 0.05]], [1, 0]  # one bin of equal width, two of equal mass
        >>> round(ece(probabilities, labels), 4), round(ece_equal_mass(probabilities, labels), 4)
        (0.47, 0.52)
    """
    confidence, right = _confidence(probabilities, labels)
    return _error(_of_equal_mass(confidence), confidence, right)


def _confidence(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probability of each row's predicted class, and whether that class is the label."""
    p, y = with_labels(probabilities, labels)
    return p.max(axis=1), p.argmax(axis=1) == y


def _of_equal_width(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    upper_edges = np.arange(1, ECE_BINS) / ECE_BINS  # the last bin has none, so rounding above 1 stays in it
    return np.searchsorted(upper_edges, confidence, side="left")


def _of_equal_mass(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    lower = np.searchsorted(np.sort(confidence), confidence, side="left")
    return ECE_BINS * lower // len(confidence)


def _error(bins: NDArray[np.int64], confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """``Σ_bins rows_in_bin / rows · |accuracy − mean confidence|``."""
    surplus = np.bincount(bins, weights=right - confidence)
    return float(np.sum(np.abs(surplus)) / len(bins))
