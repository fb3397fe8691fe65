"""Nearness to the teacher against scipy, and cases worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import entropy

from overproof import metrics
from overproof.errors import DataError
from tests.metrics.samples import REFUSED, Floats, Ints, sample, two_predictions

#: Four rows of class 0, by the class that is named: the teacher is right, wrong, wrong, wrong.
TEACHER = np.eye(3)[[0, 1, 1, 2]]


def test_agreement_counts_rows_with_the_same_answer() -> None:
    student, _ = sample(200, 5, seed=1)
    teacher, _ = sample(200, 5, seed=2)
    assert metrics.agreement(student, student) == 1.0
    assert metrics.agreement(student, teacher) == np.mean(student.argmax(axis=1) == teacher.argmax(axis=1))


def test_the_first_of_equal_classes_is_named() -> None:
    assert metrics.agreement([[0.5, 0.5, 0.0]], [[0.4, 0.3, 0.3]]) == 1.0


def test_kl_is_from_the_teacher_to_the_student_as_in_scipy() -> None:
    student, _ = sample(200, 5, seed=1)
    teacher, _ = sample(200, 5, seed=2)
    assert metrics.kl(student, teacher) == pytest.approx(float(np.mean(entropy(teacher, student, axis=1))), rel=1e-9)
    assert metrics.kl(student, teacher) != pytest.approx(metrics.kl(teacher, student), rel=1e-2)


def test_kl_is_finite_where_one_of_them_is_certain() -> None:
    assert metrics.kl([[0.5, 0.5]], [[1.0, 0.0]]) == pytest.approx(math.log(2))
    assert metrics.kl([[1.0, 0.0]], [[0.5, 0.5]]) == pytest.approx(
        0.5 * math.log(0.5) + 0.5 * math.log(0.5 / np.finfo(np.float64).eps)
    )


def test_the_same_wrong_class_is_an_inherited_mistake() -> None:
    labels = [0, 0, 0, 0]
    assert metrics.mistakes_inherited(TEACHER, TEACHER, labels) == 1.0
    assert metrics.mistakes_inherited(np.eye(3)[[0, 0, 0, 0]], TEACHER, labels) == 0.0
    # the third row is wrong in another way, and what happens where the teacher is right does not count
    assert metrics.mistakes_inherited(np.eye(3)[[1, 1, 2, 2]], TEACHER, labels) == pytest.approx(2 / 3)


def test_a_teacher_without_mistakes_leaves_none_to_inherit() -> None:
    assert metrics.mistakes_inherited(TEACHER, TEACHER, [0, 1, 1, 2]) is None


def test_disagreement_says_who_is_right() -> None:
    found = metrics.disagreement(np.eye(3)[[1, 0, 2, 2]], TEACHER, [0, 0, 0, 0])
    assert found == metrics.Disagreement(teacher_right=1, student_right=1, both_wrong=1)


@given(two_predictions())
def test_what_holds_for_any_two(found: tuple[Floats, Floats, Ints]) -> None:
    student, teacher, labels = found
    assert 0 <= metrics.kl(student, teacher) <= 36.05
    assert metrics.kl(teacher, teacher) == 0
    who = metrics.disagreement(student, teacher, labels)
    assert sum(who) == round((1 - metrics.agreement(student, teacher)) * len(labels))
    gain = metrics.accuracy(student, labels) - metrics.accuracy(teacher, labels)
    assert (who.student_right - who.teacher_right) / len(labels) == pytest.approx(gain)
    inherited = metrics.mistakes_inherited(student, teacher, labels)
    assert (inherited is None) == (metrics.accuracy(teacher, labels) == 1)
    assert inherited is None or 0 <= inherited <= 1


@pytest.mark.parametrize("metric", [metrics.agreement, metrics.kl])
def test_other_rows_or_classes_are_refused(metric: Any) -> None:
    with pytest.raises(DataError, match=r"shape \[1, 2\] and the teacher's \[1, 3\]"):
        metric([[0.5, 0.5]], [[0.2, 0.3, 0.5]])
    with pytest.raises(DataError, match="must be finite"):
        metric([[0.5, 0.5]], [[np.nan, 0.5]])


@pytest.mark.parametrize("metric", [metrics.mistakes_inherited, metrics.disagreement])
@pytest.mark.parametrize(("probabilities", "labels", "message"), REFUSED)
def test_what_is_not_a_prediction_is_refused(metric: Any, probabilities: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        metric(probabilities, probabilities, labels)
