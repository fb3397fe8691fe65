from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from overproof.doctor.answers import ask
from overproof.doctor.trial import Trial, seconds
from overproof.run import Run
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, prepare
from tests.doctor.patients import STUDENT, plan, rows

TEACHER = {"model": "mlp", "width": 16, "training": {"epochs": 20}}


def test_the_trials_simple_is_the_comparisons(tmp_path: Path) -> None:
    given = {"data": rows(), "teacher": TEACHER, "student": STUDENT, "protocol": {"folds": 2, "repeats": 2}}
    compare(**given, run={"cohorts": "separate", "executor": "in-process"}, out=tmp_path / "run")  # type: ignore[arg-type]
    whole = prepare(None, Given(**given), (), trust=False).plan  # type: ignore[arg-type]
    trial = Trial(whole, Run(tmp_path / "trial"))
    told = [trial.teacher, trial.simple]
    for stage, cohort in (("teach", trial.teacher_cohort), ("train", trial.simple_cohort)):
        name = f"{stage}/{cohort.key}"
        theirs = (tmp_path / "run" / name / "weights.safetensors").read_bytes()
        assert (tmp_path / "trial" / name / "weights.safetensors").read_bytes() == theirs
    said = [ask(whole, module, whole.splits[0].test).right.mean() for module in told]
    assert min(said) > 0.5


def test_shuffled_labels_are_the_same_labels_on_other_rows(tmp_path: Path) -> None:
    whole = plan()
    shuffled = Trial(whole, Run(tmp_path)).shuffled.plan.data
    assert np.array_equal(np.bincount(shuffled.labels), np.bincount(whole.data.labels))
    assert 0.15 < float((shuffled.labels == whole.data.labels).mean()) < 0.35
    assert np.array_equal(shuffled.inputs, whole.data.inputs)


def test_the_estimate_grows_with_epochs(tmp_path: Path) -> None:
    trial = Trial(plan("teacher.training.epochs=1000", teacher=TEACHER), Run(tmp_path))
    few = Trial(plan(teacher=TEACHER), Run(tmp_path))
    ratio = seconds(trial.plan, trial.teacher_cohort) / seconds(few.plan, few.teacher_cohort)
    assert ratio == pytest.approx(1000 / 20)
