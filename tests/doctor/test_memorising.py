from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.doctor.answers import ask
from overproof.doctor.finding import Finding
from overproof.doctor.memorising import memorising
from overproof.doctor.trial import Trial
from overproof.run import Run
from tests.doctor.patients import Best, plan, rows


def found(folder: Path, data: Any, **training: Any) -> list[Finding]:
    teacher = {"model": "mlp", "width": 64, "training": training}
    study = plan(data=data, teacher=teacher, protocol={"folds": 4, "validation": 0})
    trained = Trial(study, Run(folder)).teacher
    return list(memorising(study, ask(study, trained, study.splits[0].test)))


def test_a_teacher_that_knows_its_rows_by_heart_is_named(tmp_path: Path) -> None:
    inputs, labels = rows(800)
    wrong = np.random.default_rng(0).random(len(labels)) < 0.4
    noisy = np.where(wrong, np.random.default_rng(1).integers(4, size=len(labels)), labels)
    (finding,) = found(tmp_path, (inputs, noisy), epochs=120, learning_rate=0.01, weight_decay=0)
    assert finding.severity == "warning"
    assert "of its training rows and on" in finding.evidence


def test_a_teacher_that_learns_what_there_is_passes(tmp_path: Path) -> None:
    assert not found(tmp_path, rows(800), epochs=10)


@pytest.mark.parametrize(("tested", "alarm"), [(20, False), (400, True)])
def test_a_few_test_rows_show_nothing(tested: int, alarm: bool) -> None:
    study = plan()
    answers = ask(study, Best(), np.arange(tested))
    worse = np.where(np.arange(tested) % 3 == 0, (answers.said + 1) % 4, answers.said)  # right on two thirds
    assert bool(list(memorising(study, dataclasses.replace(answers, labels=worse)))) == alarm
