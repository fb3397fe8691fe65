"""How good predictions are: hits, hits by class, and the two proper scores, log loss and Brier."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.metrics.given import EPS, with_labels


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
    return float(np.mean(hits(probabilities, labels)))


def recall(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """Share of each class's rows that are predicted as that class.

    Args:
        probabilities: shape [rows, classes], each row adding up to 1.
        labels: class of each row, integers, shape [rows].

    Returns:
        Fractions in [0, 1], shape [classes]; NaN for a class without a row.

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> recall([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.3, 0.7, 0.0], [0.6, 0.4, 0.0]], [0, 0, 1, 1])
        array([1. , 0.5, nan])
    """
    p, y = with_labels(probabilities, labels)
    classes = p.shape[1]
    rows = np.bincount(y, minlength=classes)
    right = np.bincount(y, weights=p.argmax(axis=1) == y, minlength=classes)
    shares = np.full(classes, np.nan)
    np.divide(right, rows, out=shares, where=rows > 0)
    return shares


def balanced_accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean over the classes of the share of a class's rows that are predicted as that class (:func:`recall`).

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
    return float(np.nanmean(recall(probabilities, labels)))


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
    return float(np.mean(log_losses(probabilities, labels)))


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
    return float(np.mean(squared_distances(probabilities, labels)))


def hits(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.bool_]:
    """Whether the most probable class is the label: :func:`accuracy` before the mean, shape [rows].

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> hits([[0.9, 0.1], [0.4, 0.6]], [0, 0])
        array([ True, False])
    """
    p, y = with_labels(probabilities, labels)
    return np.asarray(p.argmax(axis=1) == y)


def log_losses(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """:func:`log_loss` before the mean, shape [rows].

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> log_losses([[0.5, 0.5], [0.25, 0.75]], [0, 1]).round(3)
        array([0.693, 0.288])
    """
    p, y = with_labels(probabilities, labels)
    return np.asarray(-np.log(np.clip(p[np.arange(len(y)), y], EPS, 1 - EPS)))


def squared_distances(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """:func:`brier` before the mean, shape [rows].

    Raises:
        DataError: as :func:`accuracy`.

    Example:
        >>> squared_distances([[0.8, 0.2], [0.4, 0.6]], [0, 0]).round(2)
        array([0.08, 0.72])
    """
    p, y = with_labels(probabilities, labels)
    return np.asarray(np.sum((p - np.eye(p.shape[1])[y]) ** 2, axis=1))
