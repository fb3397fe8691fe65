from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from overproof.doctor.against_simple import against_simple
from overproof.doctor.answers import ask
from overproof.doctor.finding import Finding
from overproof.doctor.trial import Trial
from overproof.run import Run
from tests.doctor.patients import STUDENT, Best, plan, rows


def found(folder: Path, **given: Any) -> list[Finding]:
    study = plan(**given)
    assert study.brought is not None
    trial = Trial(study, Run(folder))
    return list(against_simple(trial, ask(study, study.brought, study.splits[0].test)))


def weak() -> Best:
    """A teacher that knows two of the features."""
    teacher = Best()
    with torch.no_grad():
        teacher.linear.weight[:, 2:] = 0
    return teacher


def test_a_teacher_that_is_worse_is_named(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, data=rows(1600), teacher=weak())
    assert finding.severity == "warning"
    assert "it is at most 0.0 points ahead (95 %)." in finding.evidence


def test_exchanged_models_are_an_error(tmp_path: Path) -> None:
    student = {"model": "mlp", "width": 32, "training": {"epochs": 10}}
    (finding,) = found(tmp_path, data=rows(1600), teacher=weak().linear, student=student)
    assert (finding.severity, finding.remedy) == ("error", "Exchange teacher and student.")


def test_a_student_that_learns_nothing_is_named(tmp_path: Path) -> None:
    slow = {**STUDENT, "training": {"epochs": 1, "learning_rate": 1e-9}}
    (finding,) = found(tmp_path, student=slow)
    assert "simple has learnt nothing" in finding.evidence


@pytest.mark.parametrize("student_rows", [0.1, 1.0])
def test_a_good_teacher_passes(tmp_path: Path, student_rows: float) -> None:
    assert not found(tmp_path, protocol={"folds": 4, "student_rows": student_rows})
