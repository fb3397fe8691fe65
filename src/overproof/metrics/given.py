"""What a metric is given, checked before anything is computed: probabilities, labels, two sets of probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.errors import DataError

#: How far the probabilities of a row may be from adding up to 1; float32 softmax is well inside, logits are not.
SUM_TOLERANCE = 1e-4

#: Least probability a logarithm is taken of, as scikit-learn has it for float64.
EPS = float(np.finfo(np.float64).eps)


def with_labels(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities and the label of each row.

    Raises:
        DataError: when there are no rows, shapes do not fit, or the values are no probabilities or no classes.
    """
    p = distribution(probabilities)
    return p, class_of_each(labels, *p.shape)


def with_teacher(
    probabilities: ArrayLike, teacher_probabilities: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of student and teacher for the same rows and classes.

    Raises:
        DataError: when there are no rows, the shapes differ, or the values are no probabilities.
    """
    student, teacher = distribution(probabilities), distribution(teacher_probabilities)
    if student.shape != teacher.shape:
        raise DataError(
            f"probabilities have shape {list(student.shape)} and the teacher's {list(teacher.shape)}; "
            "both must be about the same rows and classes"
        )
    return student, teacher


def distribution(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Class probabilities [rows, classes] in float64.

    Raises:
        DataError: when there are no rows, or the values are no probabilities.
    """
    p = table(probabilities, "probabilities")
    if not (np.isfinite(p).all() and (p >= 0).all() and np.allclose(p.sum(axis=1), 1, rtol=0, atol=SUM_TOLERANCE)):
        raise DataError(
            "probabilities must be finite, not negative, and add up to 1 in every row, "
            f"got values in {p.min():g} … {p.max():g} and sums in {p.sum(axis=1).min():g} … {p.sum(axis=1).max():g}"
        )
    return p


def finite_logits(logits: ArrayLike) -> NDArray[np.float64]:
    """Logits [rows, classes] in float64.

    Raises:
        DataError: when there are no rows, or a value is not finite.
    """
    z = table(logits, "logits")
    if not np.isfinite(z).all():
        raise DataError(f"logits must be finite, got {int((~np.isfinite(z)).sum()):,} that are not")
    return z


def class_of_each(labels: ArrayLike, rows: int, classes: int) -> NDArray[np.int64]:
    """Labels [rows], each in 0..classes−1.

    Raises:
        DataError: when they are not.
    """
    y = np.asarray(labels)
    if y.shape != (rows,):
        raise DataError(f"labels have shape {list(y.shape)}, expected [{rows}]: one for each row")
    if y.dtype.kind not in "iu":
        raise DataError(f"labels are {y.dtype}, expected integers from 0")
    if y.min() < 0 or y.max() >= classes:
        raise DataError(f"labels lie in {y.min()} … {y.max()}, expected 0 … {classes - 1}")
    return y.astype(np.int64)


def table(values: ArrayLike, called: str, columns: str = "classes") -> NDArray[np.float64]:
    """Numbers [rows, columns] in float64, with at least one of each.

    Raises:
        DataError: when they are not.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 2 or numbers.size == 0:
        raise DataError(
            f"{called} have shape {list(numbers.shape)}, expected [rows, {columns}] with at least one of each"
        )
    return numbers


def same_shape(called: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Refuse what is not of the shape of the predictions.

    Raises:
        DataError: when the shapes differ.
    """
    if found != wanted:
        raise DataError(f"{called} have shape {list(found)}, expected {list(wanted)}")
