from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from overproof.doctor.stored_answers import stored_answers
from overproof.run import Run
from overproof.verbs.compare import compare
from tests.doctor.patients import STUDENT, Best, checks, only, plan, rows


@pytest.mark.parametrize("views", [[], ['views.augment=["noise"]', "views.count=2"]])
def test_answers_of_another_teacher_are_named(tmp_path: Path, views: list[str]) -> None:
    compare(
        data=rows(),
        teacher=Best(),
        student=STUDENT,
        protocol={"folds": 4},
        settings=views,
        out=tmp_path / "run",
    )
    study, run = plan(*views), Run(tmp_path / "run")
    assert not checks(stored_answers(study, run))
    finding = only(stored_answers(dataclasses.replace(study, brought=Best((1, 0, 2, 3))), run))
    assert finding.severity == "error"
    assert "are not what the teacher says now (similarity" in finding.evidence
