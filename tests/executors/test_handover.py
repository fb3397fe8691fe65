"""A worker makes the very plan that its owner made."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from overproof.executors.handover import discard, hand_over, take_over
from overproof.run import Run
from overproof.verbs.preparing import Given, prepare


def test_the_plan_arrives_as_it_was(tmp_path: Path) -> None:
    prepared = prepare(None, Given(), ["data.limit=200", "protocol.transfer=train"], trust=False)
    run = Run.claim(tmp_path / "run", prepared.identity)
    hand_over(prepared.plan, run)
    plan = take_over(run)
    assert plan.study == prepared.plan.study
    assert plan.data.digest == prepared.plan.data.digest
    assert plan.teachers.keys() == prepared.plan.teachers.keys()
    assert plan.students.keys() == prepared.plan.students.keys()
    for ours, theirs in zip(prepared.plan.splits, plan.splits, strict=True):
        for name in ("test", "student", "student_validation", "transfer", "teacher", "teacher_validation"):
            assert np.array_equal(getattr(ours, name), getattr(theirs, name))
    discard(run)
    assert not run.done("handover")
