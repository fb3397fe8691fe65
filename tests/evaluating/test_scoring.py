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
from overproof.verbs.preparing import Prepared


def test_every_row_is_tested_once_in_each_repeat(carried_out: tuple[Prepared, Run]) -> None:
    splits = carried_out[0].plan.splits
    for repeat in range(2):
        tested = np.concatenate([split.test for split in splits if split.repeat == repeat])
        assert sorted(tested) == list(range(240))


def test_a_teacher_that_is_no_network_has_nothing_to_count(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((60, 3))
    found = compare(
        data=(inputs, (inputs[:, 0] > 0).astype(int)),
        teacher={"model": "sklearn:DecisionTreeClassifier"},
        student={"model": "mlp", "width": 4, "training": {"epochs": 1}},
        protocol={"folds": 2},
        out=tmp_path / "run",
    )
    teacher, student = found.arm("teacher"), found.arm("student")
    assert (teacher.parameters, teacher.macs, teacher.size, teacher.curves) == (None, None, None, [])
    assert "DecisionTreeClassifier" in teacher.model
    assert student.parameters is not None
    assert student.parameters > 0
    assert teacher.calibration is not None
    assert teacher.calibration.why_unscaled == (
        "it is fitted on all of its rows, and none are left to fit a temperature on"
    )
    assert found.result.teacher == "fitted"


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
