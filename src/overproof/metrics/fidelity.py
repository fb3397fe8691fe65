"""How near a student is to its teacher: the same classes, the same probabilities, the same mistakes.

A student can be good without being near, and near without being good (Stanton et al., arXiv:2106.05945).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from overproof.metrics.given import EPS, class_of_each, with_teacher


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
    student, teacher = with_teacher(probabilities, teacher_probabilities)
    return float(np.mean(student.argmax(axis=1) == teacher.argmax(axis=1)))


def kl(probabilities: ArrayLike, teacher_probabilities: ArrayLike) -> float:
    """Mean Kullback–Leibler divergence from the teacher's probabilities to the student's, natural logarithm.

    ``mean_rows Σ_classes teacher · log(teacher / student)``, KL(teacher‖student) at temperature 1 (Kullback and
    Leibler, Annals of Mathematical Statistics 22, 1951). What the teacher calls impossible counts nothing; what only
    the student calls impossible is read as 2.2e-16, as in :func:`~overproof.metrics.log_loss`.

    Args:
        probabilities: the student's, shape [rows, classes].
        teacher_probabilities: the teacher's, of the same shape.

    Returns:
        Nats per row, in [0, 36.05]; 0 where both say the same.

    Raises:
        DataError: as :func:`agreement`.

    Example:
        >>> round(kl([[0.5, 0.5], [1.0, 0.0]], [[0.9, 0.1], [1.0, 0.0]]), 4)
        0.184
    """
    student, teacher = with_teacher(probabilities, teacher_probabilities)
    by_row = rel_entr(teacher, np.maximum(student, EPS)).sum(axis=1)
    return max(float(np.mean(by_row)), 0.0)  # rounded probabilities may leave it a trifle below


def mistakes_inherited(probabilities: ArrayLike, teacher_probabilities: ArrayLike, labels: ArrayLike) -> float | None:
    """Of the rows the teacher gets wrong, the share on which the student names the same wrong class.

    Args:
        probabilities: the student's, shape [rows, classes].
        teacher_probabilities: the teacher's, of the same shape.
        labels: class of each row, integers, shape [rows].

    Returns:
        A fraction in [0, 1], or None when the teacher makes no mistake.

    Raises:
        DataError: as :func:`agreement`, or when the labels are no classes of the rows.

    Example:
        >>> teacher = [[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]]
        >>> mistakes_inherited([[0.4, 0.6], [0.6, 0.4], [0.2, 0.8]], teacher, [0, 0, 0])
        0.5
    """
    student, teacher, y = _named(probabilities, teacher_probabilities, labels)
    wrong = teacher != y
    return float(np.mean(student[wrong] == teacher[wrong])) if wrong.any() else None


class Disagreement(NamedTuple):
    """The rows on which student and teacher name different classes, by who is right."""

    teacher_right: int
    student_right: int
    both_wrong: int


def disagreement(probabilities: ArrayLike, teacher_probabilities: ArrayLike, labels: ArrayLike) -> Disagreement:
    """Count the rows on which student and teacher name different classes, by who is right.

    Args:
        probabilities: the student's, shape [rows, classes].
        teacher_probabilities: the teacher's, of the same shape.
        labels: class of each row, integers, shape [rows].

    Returns:
        Three counts; together they are ``(1 − agreement) · rows``.

    Raises:
        DataError: as :func:`mistakes_inherited`.

    Example:
        >>> disagreement([[0.4, 0.6], [0.6, 0.4], [0.2, 0.8]], [[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]], [0, 0, 0])
        Disagreement(teacher_right=1, student_right=1, both_wrong=0)
    """
    student, teacher, y = _named(probabilities, teacher_probabilities, labels)
    differ = student != teacher
    teacher_right, student_right = int(np.sum(differ & (teacher == y))), int(np.sum(differ & (student == y)))
    return Disagreement(teacher_right, student_right, int(differ.sum()) - teacher_right - student_right)


def _named(
    probabilities: ArrayLike, teacher_probabilities: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The classes that student and teacher name, and the labels."""
    student, teacher = with_teacher(probabilities, teacher_probabilities)
    return student.argmax(axis=1), teacher.argmax(axis=1), class_of_each(labels, *student.shape)
