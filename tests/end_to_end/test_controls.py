"""Control arms in a whole comparison: what each of them is, and that they change nothing beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from overproof.errors import StudyError
from overproof.study import CONTROLS
from overproof.training import cohorts
from overproof.verbs.preparing import Given, prepare
from tests.end_to_end.conftest import SMALL
from tests.end_to_end.test_compare import result_bytes, weights_of

Compared = Callable[..., Any]

ON = "protocol.controls=true"


def epochs_of(found: Any, arm: str) -> set[int]:
    return {len(curve.hard) for curve in found.arm(arm).curves}


@pytest.mark.parametrize("cohorts", ["stacked", "separate"])
def test_controls_change_no_other_arm(compared: Compared, cohorts: str) -> None:
    without = compared(f"run.cohorts={cohorts}", out="without")
    beside = compared(f"run.cohorts={cohorts}", ON, out="with")
    for arm in ("simple", "student"):
        assert weights_of(without.folder, arm) == weights_of(beside.folder, arm) != []
    assert beside.result.arms[:3] == without.result.arms
    assert beside.result.comparisons == without.result.comparisons
    assert beside.verdict == without.verdict
    assert without.result.attribution is None
    assert [(arm.name, arm.role) for arm in beside.result.arms[3:]] == [(name, "control") for name in CONTROLS]
    assert [each.arm for each in beside.result.attribution.controls] == list(CONTROLS)
    assert beside.result.attribution.arm == "student"
    assert set(beside.measured.latency_ms) == {arm.name for arm in beside.result.arms}
    assert (beside.folder / "report.html").is_file()


@pytest.mark.parametrize("cohorts", ["stacked", "separate"])
def test_with_alpha_zero_no_answer_matters(compared: Compared, cohorts: str) -> None:
    found = compared("method.alpha=0.0", "student.dropout=0.2", f"run.cohorts={cohorts}", ON)
    simple = weights_of(found.folder, "simple")
    for arm in ("student", "random-teacher", "shuffled-teacher"):
        assert weights_of(found.folder, arm) == simple != []
    for arm in ("longer", "label-smoothing"):
        assert weights_of(found.folder, arm) != simple


def test_who_learns_from_answers_without_knowledge_knows_less(compared: Compared) -> None:
    enough = ("teacher.training.learning_rate=0.01", "teacher.training.epochs=40", "student.training.epochs=30")
    found = compared("protocol.transfer=train", "student.width=16", *enough, ON)
    student, random, shuffled = (found.arm(name) for name in ("student", "random-teacher", "shuffled-teacher"))
    assert student.method == random.method == shuffled.method
    for ignorant in (random, shuffled):
        assert ignorant.scores["accuracy"].mean < student.scores["accuracy"].mean - 0.2
        assert ignorant.scores["agreement"].mean < student.scores["agreement"].mean - 0.2
    assert weights_of(found.folder, "random-teacher") != weights_of(found.folder, "shuffled-teacher")


def test_longer_is_simple_trained_for_what_the_student_costs(compared: Compared) -> None:
    # multiply-accumulates 3,392 and 656; 100 labelled rows in a split, of which an epoch shows 3 batches of 32:
    # 3 + ⌈100 · 3,392 / (3 · 656 · 96)⌉ = 5
    found = compared(ON)
    assert [found.arm(name).macs for name in ("teacher", "student")] == [3392, 656]
    assert {split.student for split in found.result.splits} == {100}
    assert epochs_of(found, "longer") == {5}
    longer = compared("student.training.epochs=5", out="longer")
    assert weights_of(found.folder, "longer") == weights_of(longer.folder, "simple") != []
    assert any("longer was trained for 5 epochs instead of 3: as much work as" in note for note in found.result.notes)


def test_transfer_batches_count_and_so_do_views(compared: Compared) -> None:
    transfer = compared(ON, "protocol.transfer=train", out="transfer")  # 2 · 3 + ⌈200 · 3,392 / (3 · 656 · 96)⌉
    views = compared(ON, 'views.augment=["crop"]', "views.count=3", out="views")  # 3 + ⌈3 · 100 · 3,392 / …⌉
    assert (epochs_of(transfer, "longer"), epochs_of(views, "longer")) == ({10}, {9})


def test_longer_has_its_limit_and_says_so(compared: Compared) -> None:
    found = compared(ON, "teacher.width=400", "teacher.training.epochs=1")
    assert epochs_of(found, "longer") == {30}
    assert any("but 10 times is the most" in note for note in found.result.notes)


def test_label_smoothing_is_the_method_of_that_name(compared: Compared) -> None:
    given = {"data": "digits", "teacher": "mlp", "student": "mlp"}
    quick = ("data.limit=200", "protocol.folds=2", "teacher.training.epochs=1", "student.training.epochs=2")
    control = compared(*quick, ON, out="control", **given)
    method = compared(*quick, method="label-smoothing", out="method", **given)
    assert method.arm("student").method == "label-smoothing(smoothing=0.1)"
    assert weights_of(control.folder, "label-smoothing") == weights_of(method.folder, "student") != []


def test_the_same_bits_from_workers_and_beside_a_live_teacher(compared: Compared) -> None:
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(64, 300), nn.ReLU(), nn.Linear(300, 10))
    student = {"model": "mlp", "width": 4, "training": {"epochs": 1}}
    given = {"data": "digits", "teacher": teacher, "student": student, "protocol": {"folds": 2, "controls": True}}
    here = compared("data.limit=200", "run.executor=in-process", out="here", **given)
    there = compared("data.limit=200", "run.executor=processes", out="there", **given)
    assert result_bytes(here.folder) == result_bytes(there.folder)
    assert epochs_of(here, "longer") == {10}


def test_answers_may_be_read_batch_by_batch(compared: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compared(ON, "protocol.transfer=train", out="whole")
    monkeypatch.setattr(cohorts, "MOST_BYTES", 0)
    read = compared(ON, "protocol.transfer=train", out="read")
    assert result_bytes(whole.folder) == result_bytes(read.folder)


@pytest.mark.parametrize("cohorts", ["stacked", "separate"])
def test_a_look_sees_the_controls_of_its_repeats(cohorts: str) -> None:
    settings = [*SMALL, ON, "protocol.repeats=auto", f"run.cohorts={cohorts}"]
    plan = prepare(None, Given(), settings, trust=False).plan
    first = plan.after(1)
    assert first.longer_epochs == plan.longer_epochs
    assert first.students.keys() < plan.students.keys()
    for key, cohort in first.students.items():
        assert cohort.answers == plan.students[key].answers
        assert [member.key for member in cohort.members] == [member.key for member in plan.students[key].members]
    arms = [member.arm for cohort in first.students.values() for member in cohort.members]
    assert [arms.count(control) for control in CONTROLS] == [3] * 4


def test_members_of_controls_are_listed(compared: Compared) -> None:
    found = compared(ON, "run.cohorts=stacked")
    members = json.loads((found.folder / "members.json").read_bytes())
    assert {each["cohort"] for each in members if each["arm"] in CONTROLS} == {f"control-{name}-0" for name in CONTROLS}


def test_a_method_without_a_teacher_has_nothing_to_attribute(compared: Compared, tmp_path: Path) -> None:
    given = {"data": "digits", "teacher": "mlp", "student": "mlp"}
    with pytest.raises(StudyError, match="the first method, simple, has none"):
        compared(ON, method="simple", **given)
    assert not (tmp_path / "run").exists()
