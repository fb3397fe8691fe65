from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from overproof.doctor.shuffled_labels import shuffled_labels
from overproof.doctor.trial import Trial
from overproof.run import Run
from tests.doctor.patients import checks, only, plan, rows

LEARNT_BY_HEART = {"model": "mlp", "width": 256, "training": {"epochs": 80, "learning_rate": 0.01}}


def test_test_rows_among_the_training_rows_are_found(tmp_path: Path) -> None:
    trial = Trial(plan(student=LEARNT_BY_HEART, protocol={"folds": 4, "validation": 0}), Run(tmp_path))
    splits = trial.shuffled.plan.drawn
    splits[:] = [dataclasses.replace(split, student=np.union1d(split.student, split.test)) for split in splits]
    finding = only(shuffled_labels(trial))
    assert finding.severity == "error"
    assert "of 120 test rows, more than chance would give" in finding.evidence


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_student_is_at_chance(tmp_path: Path, seed: int) -> None:
    study = plan(data=rows(400, seed), student=LEARNT_BY_HEART, protocol={"folds": 4, "seed": seed})
    assert not checks(shuffled_labels(Trial(study, Run(tmp_path))))
