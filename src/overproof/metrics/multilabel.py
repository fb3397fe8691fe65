"""How good predictions of several labels at once are, each a yes or no of its own, and how near to the teacher's.

Every function takes the probability of each label's yes, shape [rows, labels], and 0 or 1 of the same shape, or what
the teacher says. A label is predicted where its probability is above one half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from overproof.errors import DataError
from overproof.metrics.given import EPS, same_shape, table
from overproof.metrics.ranking import area_under_roc, harmonic, precision_by_recall

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def average_precision(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean over the labels of the precision over the rows that have a label, read from the most probable down.

    Labels that all rows have, or none, say nothing about the order and are left out of the mean, unless all are so.

    Args:
        probabilities: shape [rows, labels], in [0, 1].
        labels: 0 or 1, of the same shape.

    Returns:
        A fraction in [0, 1]; more is better, the mean share of rows that have a label is chance.

    Raises:
        DataError: when there are no rows, shapes differ, or values are no probabilities or neither 0 nor 1.

    Example:
        >>> average_precision([[0.9, 0.2], [0.1, 0.6], [0.8, 0.3]], [[1, 0], [0, 1], [0, 1]])
        1.0
    """
    return _macro(precision_by_recall, *_given(probabilities, labels))


def roc_auc(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean over the labels of how probable it is that a row with the label is given more of it than a row without.

    Labels that all rows have, or none, are left out of the mean, unless all are so: then it is 0.5.

    Args:
        probabilities: shape [rows, labels], in [0, 1].
        labels: 0 or 1, of the same shape.

    Returns:
        A fraction in [0, 1]; more is better, 0.5 is chance.

    Raises:
        DataError: as :func:`average_precision`.

    Example:
        >>> roc_auc([[0.9, 0.2], [0.1, 0.6], [0.8, 0.3]], [[1, 0], [0, 1], [0, 1]])
        1.0
    """
    return _macro(area_under_roc, *_given(probabilities, labels))


def f1(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean F1 over the labels (macro), each predicted where its probability is above one half.

    Args:
        probabilities: shape [rows, labels], in [0, 1].
        labels: 0 or 1, of the same shape.

    Returns:
        A fraction in [0, 1]; more is better. A label that no row has and none is predicted to have counts 0, as in
        scikit-learn.

    Raises:
        DataError: as :func:`average_precision`.

    Example:
        >>> f1([[0.9, 0.2], [0.1, 0.6], [0.8, 0.3]], [[1, 0], [0, 1], [0, 1]]).__round__(4)
        0.6667
    """
    p, on = _given(probabilities, labels)
    return float(np.mean([harmonic(p[:, label] > 0.5, on[:, label]) for label in range(p.shape[1])]))


def accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Share of all labels of all rows that are predicted right: 1 − Hamming loss.

    Raises:
        DataError: as :func:`average_precision`.

    Example:
        >>> accuracy([[0.9, 0.2], [0.1, 0.4]], [[1, 0], [0, 1]])
        0.75
    """
    return float(np.mean(shares_right(probabilities, labels)))


def log_loss(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean over rows and labels of −log of the probability given to the right answer, natural logarithm.

    Probabilities are clipped to [2.2e-16, 1 − 2.2e-16], as in :func:`overproof.metrics.log_loss`.

    Raises:
        DataError: as :func:`average_precision`.

    Example:
        >>> round(log_loss([[0.5, 0.75]], [[0, 1]]), 4)
        0.4904
    """
    return float(np.mean(log_losses(probabilities, labels)))


def brier(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean over rows and labels of the squared distance between probability and answer, in [0, 1].

    Raises:
        DataError: as :func:`average_precision`.

    Example:
        >>> round(brier([[0.8, 0.4]], [[1, 0]]), 4)
        0.1
    """
    return float(np.mean(squared_distances(probabilities, labels)))


def shares_right(probabilities: ArrayLike, labels: ArrayLike) -> Floats:
    """:func:`accuracy` before the mean over rows, shape [rows]."""
    p, on = _given(probabilities, labels)
    return np.asarray(np.mean((p > 0.5) == on, axis=1))


def log_losses(probabilities: ArrayLike, labels: ArrayLike) -> Floats:
    """:func:`log_loss` before the mean over rows, shape [rows]."""
    p, on = _given(probabilities, labels)
    clipped = np.clip(p, EPS, 1 - EPS)
    return np.asarray(-np.mean(np.where(on, np.log(clipped), np.log1p(-clipped)), axis=1))


def squared_distances(probabilities: ArrayLike, labels: ArrayLike) -> Floats:
    """:func:`brier` before the mean over rows, shape [rows]."""
    p, on = _given(probabilities, labels)
    return np.asarray(np.mean((p - on) ** 2, axis=1))


def agreement(probabilities: ArrayLike, teacher_probabilities: ArrayLike) -> float:
    """Share of all labels of all rows on which student and teacher say the same.

    Args:
        probabilities: the student's, shape [rows, labels].
        teacher_probabilities: the teacher's, of the same shape.

    Raises:
        DataError: when there are no rows, the shapes differ, or values are no probabilities.

    Example:
        >>> agreement([[0.9, 0.2], [0.1, 0.4]], [[0.6, 0.4], [0.3, 0.7]])
        0.75
    """
    student, teacher = _both(probabilities, teacher_probabilities)
    return float(np.mean((student > 0.5) == (teacher > 0.5)))


def kl(probabilities: ArrayLike, teacher_probabilities: ArrayLike) -> float:
    """Mean over rows and labels of KL(teacher‖student) of the yes or no, natural logarithm; nats per label.

    What only the student calls impossible is read as 2.2e-16, as in :func:`overproof.metrics.kl`.

    Args:
        probabilities: the student's, shape [rows, labels].
        teacher_probabilities: the teacher's, of the same shape.

    Raises:
        DataError: as :func:`agreement`.

    Example:
        >>> round(kl([[0.5, 0.0]], [[0.9, 0.0]]), 4)
        0.184
    """
    student, teacher = _both(probabilities, teacher_probabilities)
    on, off = rel_entr(teacher, np.maximum(student, EPS)), rel_entr(1 - teacher, np.maximum(1 - student, EPS))
    return max(float(np.mean(on + off)), 0.0)


def _macro(metric: Callable[[Floats, Booleans], float], p: Floats, on: Booleans) -> float:
    both_ways = [label for label in range(p.shape[1]) if 0 < on[:, label].sum() < len(on)]
    return float(np.mean([metric(p[:, label], on[:, label]) for label in both_ways or range(p.shape[1])]))


def _given(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Floats, Booleans]:
    p, y = _probabilities(probabilities), np.asarray(labels)
    same_shape("labels", y.shape, p.shape)
    if y.dtype.kind not in "biuf" or not ((y == 0) | (y == 1)).all():
        raise DataError("labels must be 0 or 1, one for each label of each row")
    return p, y == 1


def _both(probabilities: ArrayLike, teacher_probabilities: ArrayLike) -> tuple[Floats, Floats]:
    student, teacher = _probabilities(probabilities), _probabilities(teacher_probabilities)
    same_shape("the teacher's probabilities", teacher.shape, student.shape)
    return student, teacher


def _probabilities(values: ArrayLike) -> Floats:
    p = table(values, "probabilities", "labels")
    if not (np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()):
        raise DataError(f"probabilities must be finite and in 0 … 1, got values in {p.min():g} … {p.max():g}")
    return p


#: By the name that a study gives them.
METRICS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType(
    {
        "average_precision": average_precision,
        "roc_auc": roc_auc,
        "f1": f1,
        "accuracy": accuracy,
        "log_loss": log_loss,
        "brier": brier,
    }
)
