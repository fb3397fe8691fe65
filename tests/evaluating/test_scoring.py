"""Scores are those of the kept predictions on the test rows, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from overproof.evaluating.predictions import test_logits as logits_of
from overproof.evaluating.scoring import score
from overproof.plan import Member
from overproof.run import Run
from overproof.verbs.preparing import Prepared


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
