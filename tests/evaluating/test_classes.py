"""Recall by class against scikit-learn, and the rows that only one of student and simple gets right."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import recall_score

from overproof.evaluating.classes import by_class
from overproof.evaluating.predictions import test_logits as logits_of
from overproof.evaluating.scoring import score
from overproof.plan import Member
from overproof.run import Run
from overproof.verbs.preparing import Prepared


def test_classes_are_counted_over_the_first_repeat(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    labels = np.concatenate([plan.data.labels[split.test] for split in plan.splits[:3]])
    named = {
        name: np.concatenate([logits_of(plan, run, Member(name, split)).argmax(1) for split in plan.splits[:3]])
        for name in ("teacher", "simple", "student")
    }
    arms = {arm.name: arm for arm in score(plan, run)}
    assert arms["teacher"].classes is None
    assert arms["simple"].classes is None
    found = arms["student"].classes
    assert found is not None
    assert found.rows == np.bincount(labels).tolist()
    for name, recalls in (("teacher", found.teacher), ("simple", found.simple), ("student", found.student)):
        assert recalls == pytest.approx(recall_score(labels, named[name], average=None).tolist())
    only_student = (named["student"] == labels) & (named["simple"] != labels)
    only_simple = (named["simple"] == labels) & (named["student"] != labels)
    assert found.gained == [int((only_student & (labels == each)).sum()) for each in range(10)]
    assert found.lost == [int((only_simple & (labels == each)).sum()) for each in range(10)]
    assert sum(found.gained) + sum(found.lost) > 0


def test_a_class_without_a_row_has_no_recall() -> None:
    said = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    found = by_class(np.array([0, 0]), said, said, said)
    assert found.rows == [2, 0, 0]
    assert found.teacher == found.simple == found.student == [0.5, None, None]
    assert found.gained == found.lost == [0, 0, 0]
