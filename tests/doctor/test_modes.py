from __future__ import annotations

from typing import Self

import pytest
from torch import nn

from overproof.doctor.answers import Models
from overproof.doctor.finding import Finding
from overproof.doctor.modes import modes
from overproof.plan import Plan
from tests.doctor.patients import CLASSES, FEATURES, NOISE, Best, checks, only, plan


def look(study: Plan) -> list[Finding]:
    return list(modes(study, Models.of(study)))


class NeverEval(Best):
    """A teacher whose dropout and normalisation never rest."""

    def train(self, mode: bool = True) -> Self:
        return super().train(True)


class NeverTrain(nn.Sequential):
    """A student that stays in eval mode once it was there."""

    def train(self, mode: bool = True) -> Self:
        return super().train(mode and self.training)


def never_train() -> nn.Module:
    return NeverTrain(nn.Linear(FEATURES + NOISE, CLASSES), nn.Dropout(0.1))


def frozen_part() -> nn.Module:
    class Frozen(nn.Dropout):
        def train(self, mode: bool = True) -> Self:
            return super().train(False)

    return nn.Sequential(nn.Linear(FEATURES + NOISE, CLASSES), Frozen())


def test_a_teacher_that_stays_in_train_mode_is_an_error() -> None:
    finding = only(look(plan(teacher=NeverEval())))
    assert finding.severity == "error"
    assert "After eval(), 2 parts of the teacher are still in train mode" in finding.evidence


@pytest.mark.parametrize(("student", "parts"), [(never_train, 3), (frozen_part, 1)])
def test_a_student_that_stays_in_eval_mode_is_named(student: object, parts: int) -> None:
    finding = only(look(plan(student=student)))
    assert finding.severity == "warning"
    assert f"After train(), {parts} parts of the student stay in eval mode" in finding.evidence


def test_a_teacher_that_was_brought_may_stay_in_eval_mode() -> None:
    assert not checks(look(plan(teacher=never_train())))


def test_modes_are_left_as_they_were() -> None:
    teacher = Best().eval()
    teacher.linear.train()
    assert not checks(look(plan(teacher=teacher)))
    assert (teacher.training, teacher.linear.training) == (False, True)
