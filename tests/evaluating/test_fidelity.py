"""An arm is held beside the teacher of the same split."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from overproof.evaluating.fidelity import fidelity
from overproof.evaluating.predictions import test_logits as logits_of
from overproof.evaluating.scoring import score
from overproof.plan import Member
from overproof.run import Run
from overproof.verbs.preparing import Prepared


def test_fidelity_is_to_the_teacher_of_the_same_split(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    teacher, *others = score(plan, run)
    assert not {"agreement", "kl", "mistakes_inherited"} & set(teacher.scores)
    assert teacher.disagreement is None
    for arm in others:
        for index, split in enumerate(plan.splits):
            said, told = (
                logits_of(plan, run, Member(name, split)).astype(np.float64) for name in (arm.name, "teacher")
            )
            wanted = entropy(softmax(told, axis=1), softmax(said, axis=1), axis=1).mean()
            assert arm.scores["kl"].values[index] == pytest.approx(wanted)
            named, labels = (said.argmax(1), told.argmax(1)), plan.data.labels[split.test]
            assert arm.scores["agreement"].values[index] == pytest.approx((named[0] == named[1]).mean())
            wrong = named[1] != labels
            wanted = (named[0] == named[1])[wrong].mean()
            assert arm.scores["mistakes_inherited"].values[index] == pytest.approx(wanted)


def test_mistakes_are_left_out_where_one_teacher_makes_none() -> None:
    right, wrong, labels = np.array([[0.9, 0.1]]), np.array([[0.2, 0.8]]), np.array([0])
    assert set(fidelity([wrong, right], [wrong, wrong], [labels, labels])) == {"agreement", "kl", "mistakes_inherited"}
    assert set(fidelity([wrong, right], [wrong, right], [labels, labels])) == {"agreement", "kl"}


def test_disagreement_is_counted_over_the_first_repeat(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    labels = np.concatenate([plan.data.labels[split.test] for split in plan.splits[:3]])
    named = {
        name: np.concatenate([logits_of(plan, run, Member(name, split)).argmax(1) for split in plan.splits[:3]])
        for name in ("teacher", "simple", "student")
    }
    _, *others = score(plan, run)
    for arm in others:
        found, differ = arm.disagreement, named[arm.name] != named["teacher"]
        assert found is not None
        assert found.teacher_right == (differ & (named["teacher"] == labels)).sum()
        assert found.arm_right == (differ & (named[arm.name] == labels)).sum()
        assert found.teacher_right + found.arm_right + found.both_wrong == differ.sum() > 0
