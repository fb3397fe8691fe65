"""What two classes allow one to say beside what any number of classes does: the second class is the one looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.errors import DataError
from overproof.metrics.given import with_labels
from overproof.metrics.ranking import area_under_roc, harmonic, precision_by_recall


def roc_auc(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """How probable it is that a row of the second class is given more of it than a row of the first; ties count half.

    Args:
        probabilities: shape [rows, 2], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A fraction in [0, 1]; more is better, 0.5 is chance. Rows of one class only: 0.5, for both arms alike.

    Raises:
        DataError: when there are no rows, shapes do not fit, or the values are no probabilities of two classes.

    Example:
        >>> roc_auc([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]], [0, 0, 1, 1])
        0.75
    """
    p, on = _two(probabilities, labels)
    return area_under_roc(p[:, 1], on)


def average_precision(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean precision over the rows of the second class, when rows are read from the most probable down.

    Args:
        probabilities: shape [rows, 2], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A fraction in [0, 1]; more is better, the share of the second class is chance. Without a row of it: 0.

    Raises:
        DataError: as :func:`roc_auc`.

    Example:
        >>> average_precision([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [0, 1, 1])
        1.0
    """
    p, on = _two(probabilities, labels)
    return precision_by_recall(p[:, 1], on)


def f1(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """F1 of the second class, predicted where it is the more probable one.

    Args:
        probabilities: shape [rows, 2], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A fraction in [0, 1]; more is better. 0 where the class has no row and is never predicted.

    Raises:
        DataError: as :func:`roc_auc`.

    Example:
        >>> f1([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [0, 1, 1]).__round__(4)
        0.6667
    """
    p, on = _two(probabilities, labels)
    return harmonic(p.argmax(axis=1) == 1, on)


def _two(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probabilities of both classes, and whether the second is the label."""
    p, y = with_labels(probabilities, labels)
    if p.shape[1] != 2:
        raise DataError(f"probabilities have shape {list(p.shape)}, expected [rows, 2]: of two classes")
    return p, y == 1


#: Those that need two classes, by the name that a study gives them.
METRICS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType(
    {"roc_auc": roc_auc, "average_precision": average_precision, "f1": f1}
)
