"""Scores are those of the kept predictions on the test rows, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from overproof.evaluating.predictions import test_logits as logits_of
from overproof.evaluating.scoring import score
from overproof.plan import Member
from overproof.run import Run
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, Prepared, prepare

QUICK = {"model": "mlp", "width": 8, "training": {"epochs": 2}}
GIVEN = Given(data="digits", teacher=QUICK, student=QUICK, protocol={"folds": 3, "repeats": 2, "student_rows": 0.5})
SETTINGS = ["data.limit=240"]


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Run]:
    """A small comparison, and its plan made once more."""
    out = tmp_path_factory.mktemp("scored") / "run"
    compare(
        data=GIVEN.data,
        teacher=GIVEN.teacher,
        student=GIVEN.student,
        protocol=GIVEN.protocol,
        settings=SETTINGS,
        out=out,
    )
    return prepare(None, GIVEN, SETTINGS, trust=False), Run(Path(out))


def test_every_row_is_tested_once_in_each_repeat(carried_out: tuple[Prepared, Run]) -> None:
    splits = carried_out[0].plan.splits
    for repeat in range(2):
        tested = np.concatenate([split.test for split in splits if split.repeat == repeat])
        assert sorted(tested) == list(range(240))


def test_scores_follow_from_the_kept_predictions(carried_out: tuple[Prepared, Run]) -> None:
    prepared, run = carried_out
    plan = prepared.plan
    for arm in score(plan, run):
        for index, split in enumerate(plan.splits):
            logits = logits_of(plan, run, Member(arm.name, split)).astype(np.float64)
            labels = plan.data.labels[split.test]
            probabilities = np.exp(logits - logits.max(1, keepdims=True))
            probabilities /= probabilities.sum(1, keepdims=True)
            wanted = accuracy_score(labels, logits.argmax(1))
            assert arm.scores["accuracy"].values[index] == pytest.approx(wanted)
            wanted = log_loss(labels, probabilities, labels=range(10))
            assert arm.scores["log_loss"].values[index] == pytest.approx(wanted)


def test_agreement_is_with_the_teacher_of_the_same_split(carried_out: tuple[Prepared, Run]) -> None:
    prepared, run = carried_out
    plan = prepared.plan
    student = next(arm for arm in score(plan, run) if arm.name == "student")
    for index, split in enumerate(plan.splits):
        said = logits_of(plan, run, Member("student", split)).argmax(1)
        told = logits_of(plan, run, Member("teacher", split)).argmax(1)
        assert student.scores["agreement"].values[index] == pytest.approx((said == told).mean())
