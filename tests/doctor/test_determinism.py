from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from overproof.doctor.answers import Models
from overproof.doctor.determinism import determinism
from overproof.doctor.finding import Finding
from overproof.plan import Plan
from tests.doctor.patients import Best, checks, only, plan


def look(study: Plan) -> list[Finding]:
    return [each for each in determinism(study, Models.of(study)) if isinstance(each, Finding)]


class Dropping(Best):
    """Dropout that does not know about modes."""

    def forward(self, inputs: Tensor) -> Tensor:
        return functional.dropout(super().forward(inputs), 0.2)


class Counting(Best):
    """A teacher that keeps a running statistic in eval mode, too."""

    calls: Tensor

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(inputs)


def test_a_teacher_that_draws_in_eval_mode_is_named() -> None:
    finding = only(look(plan(teacher=Dropping())))
    assert finding.severity == "error"
    assert "Asked twice about the same 64 rows, the teacher changed its logits" in finding.evidence


def test_a_teacher_that_changes_by_being_asked_is_named() -> None:
    finding = only(look(plan(teacher=Counting())))
    assert "changed 1 of its buffers (first: calls)" in finding.evidence


def dropping_student() -> nn.Module:
    return Dropping()


def test_the_student_is_asked_too() -> None:
    assert "the student changed" in only(look(plan(student=dropping_student))).evidence


def of_the_batch() -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(12, track_running_stats=False), nn.Linear(12, 4))


def test_answers_that_depend_on_the_other_rows_are_named() -> None:
    assert "for the same 32 rows change by up to" in only(look(plan(student=of_the_batch))).evidence


def normalised() -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(12), nn.Dropout(0.5), nn.Linear(12, 4))


def test_dropout_and_normalisation_in_eval_mode_do_no_harm() -> None:
    torch.manual_seed(0)
    assert not checks(look(plan(teacher=normalised(), student=normalised)))
