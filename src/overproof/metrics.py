"""How good predictions are: pure functions of probabilities and labels.

Every function takes class probabilities, shape [rows, classes], and labels, shape [rows], and returns one number. The
predicted class is the most probable one; among equally probable classes it is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.errors import DataError

#: Number of equal-width bins of :func:`ece`.
ECE_BINS = 15

#: How far the probabilities of a row may be from adding up to 1; float32 softmax is well inside, logits are not.
SUM_TOLERANCE = 1e-4


def accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Share of rows whose most probable class is the label.

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A fraction in [0, 1]; more is better.

    Raises:
        DataError: when there are no rows, shapes do not fit, or the values are no probabilities or no classes.

    Example:
        >>> accuracy([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]], [0, 1, 1, 1])
        0.75
    """
    p, y = _checked(probabilities, labels)
    return float(np.mean(p.argmax(axis=1) == y))


def balanced_accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean over the classes of the share of a class's rows that are predicted as that class.

    Classes without a row are left out of the mean, as a test fold may lack a rare class.

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A fraction in [0, 1]; more is better.

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> balanced_accuracy([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.3, 0.7, 0.0], [0.6, 0.4, 0.0]], [0, 0, 1, 1])
        0.75
    """
    p, y = _checked(probabilities, labels)
    rows = np.bincount(y)
    right = np.bincount(y, weights=p.argmax(axis=1) == y)
    return float(np.mean(right[rows > 0] / rows[rows > 0]))


def log_loss(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean of −log of the probability given to the label, natural logarithm.

    Probabilities are clipped to [eps, 1 − eps] with eps = 2.2e-16, as scikit-learn does for float64: a label that was
    called impossible costs 36.04 instead of making the mean infinite.

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        Nats per row, in [0, 36.05]; less is better.

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> round(log_loss([[0.5, 0.5], [0.25, 0.75]], [0, 1]), 4)
        0.4904
    """
    p, y = _checked(probabilities, labels)
    eps = np.finfo(np.float64).eps
    of_label = p[np.arange(len(y)), y]
    return float(-np.mean(np.log(np.clip(of_label, eps, 1 - eps))))


def brier(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance between the probabilities and the label as a one-hot row, summed over the classes.

    ``mean_rows Σ_classes (p − one_hot)²`` (Brier, Monthly Weather Review 78, 1950). This is the original scale for any
    number of classes; for two classes it is twice what is often printed (scikit-learn: ``scale_by_half=False``).

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        A number in [0, 2]; less is better.

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> round(brier([[0.8, 0.2], [0.4, 0.6]], [0, 0]), 4)
        0.4
    """
    p, y = _checked(probabilities, labels)
    one_hot = np.eye(p.shape[1])[y]
    return float(np.mean(np.sum((p - one_hot) ** 2, axis=1)))


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
        DataError: as :func:`accuracy`.

    Example:
        >>> round(ece([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]], [0, 1, 1]), 4)
        0.3333
    """
    p, y = _checked(probabilities, labels)
    confidence = p.max(axis=1)
    right = p.argmax(axis=1) == y
    upper_edges = np.arange(1, ECE_BINS) / ECE_BINS  # the last bin has none, so rounding above 1 stays in it
    bins = np.searchsorted(upper_edges, confidence, side="left")
    surplus = np.bincount(bins, weights=right - confidence, minlength=ECE_BINS)
    return float(np.sum(np.abs(surplus)) / len(y))


def agreement(probabilities: ArrayLike, teacher_probabilities: ArrayLike) -> float:
    """Share of rows on which student and teacher name the same class (Stanton et al., arXiv:2106.05945).

    Args:
        probabilities: the student's, shape [rows, classes].
        teacher_probabilities: the teacher's, of the same shape.

    Returns:
        A fraction in [0, 1].

    Raises:
        DataError: when there are no rows, the shapes differ, or the values are no probabilities.

    Example:
        >>> agreement([[0.9, 0.1], [0.4, 0.6]], [[0.6, 0.4], [0.7, 0.3]])
        0.5
    """
    student, teacher = _distribution(probabilities), _distribution(teacher_probabilities)
    if student.shape != teacher.shape:
        raise DataError(
            f"probabilities have shape {list(student.shape)} and the teacher's {list(teacher.shape)}; "
            "agreement compares the same rows and classes"
        )
    return float(np.mean(student.argmax(axis=1) == teacher.argmax(axis=1)))


#: Every metric that needs probabilities and labels only, by the name that a study gives it.
METRICS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType(
    {
        "accuracy": accuracy,
        "balanced_accuracy": balanced_accuracy,
        "log_loss": log_loss,
        "brier": brier,
        "ece": ece,
    }
)


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    p, y = _distribution(probabilities), np.asarray(labels)
    if y.shape != p.shape[:1]:
        raise DataError(f"labels have shape {list(y.shape)}, expected [{len(p)}]: one for each row of probabilities")
    if y.dtype.kind not in "iu":
        raise DataError(f"labels are {y.dtype}, expected integers from 0")
    if y.min() < 0 or y.max() >= p.shape[1]:
        raise DataError(f"labels lie in {y.min()} … {y.max()}, expected 0 … {p.shape[1] - 1}")
    return p, y.astype(np.int64)


def _distribution(probabilities: ArrayLike) -> NDArray[np.float64]:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or p.size == 0:
        raise DataError(f"probabilities have shape {list(p.shape)}, expected [rows, classes] with at least one of each")
    if not (np.isfinite(p).all() and (p >= 0).all() and np.allclose(p.sum(axis=1), 1, rtol=0, atol=SUM_TOLERANCE)):
        raise DataError(
            "probabilities must be finite, not negative, and add up to 1 in every row, "
            f"got values in {p.min():g} … {p.max():g} and sums in {p.sum(axis=1).min():g} … {p.sum(axis=1).max():g}"
        )
    return p
