"""Which cohorts there are, and that looking after a few repeats only leaves them as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pytest

from overproof.plan import Cohort, Plan
from overproof.statistics import LOOKS
from overproof.study import Protocol
from overproof.verbs.preparing import Given, prepare

SMALL = {"model": "mlp", "width": 4}


def planned(*settings: str, **protocol: Any) -> Plan:
    """A study of 61 rows, some of which are there several times: how many rows a fold has depends on the repeat."""
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((61, 3)).astype(np.float32)
    inputs[40:] = inputs[:7].repeat(3, axis=0)
    labels = np.arange(61) % 2
    labels[40:] = labels[:7].repeat(3)
    given = Given(data=(inputs, labels), teacher=SMALL, student=SMALL, protocol={"folds": 3, **protocol})
    return prepare(None, given, ("student.training.batch_size=999", *settings), trust=False).plan


def described(cohorts: Mapping[str, Cohort]) -> dict[str, Any]:
    return {
        key: (cohort.recipe, [member.key for member in cohort.members], cohort.steps, cohort.batch, cohort.stacked)
        for key, cohort in cohorts.items()
    }


def repeats_of(cohort: Cohort) -> set[int]:
    return {member.split.repeat for member in cohort.members}


def test_looks() -> None:
    assert planned(repeats=4).looks == (4,)
    assert planned(repeats="auto").looks == LOOKS == (1, 2, 5, 10)
    assert planned(repeats="auto", most_repeats=5).looks == (1, 2, 5)
    assert planned(repeats="auto", most_repeats=1).looks == (1,)


def test_auto_may_end_at_any_look() -> None:
    literal, _ = get_args(Protocol.model_fields["most_repeats"].annotation)
    assert get_args(literal) == LOOKS


@pytest.mark.parametrize("cohorts", ["stacked", "separate"])
@pytest.mark.parametrize("controls", [False, True])
def test_a_look_has_the_cohorts_that_the_whole_has_for_its_repeats(cohorts: str, controls: bool) -> None:
    whole = planned(f"run.cohorts={cohorts}", repeats="auto", most_repeats=5, controls=controls)
    assert [(split.repeat, split.fold) for split in whole.splits] == [(r, f) for r in range(5) for f in range(3)]
    for look in whole.looks:
        part = whole.after(look)
        assert {split.repeat for split in part.splits} == set(range(look))
        for ours, theirs in ((part.teachers, whole.teachers), (part.students, whole.students)):
            wanted = {key: cohort for key, cohort in theirs.items() if repeats_of(cohort) <= set(range(look))}
            assert described(ours) == described(wanted)
            members = [member for cohort in ours.values() for member in cohort.members]
            arms = {member.arm for member in members}
            assert len(members) == len({member.key for member in members}) == len(arms) * look * 3
    assert described(whole.after(5).students) == described(whole.students)


def test_no_stacked_cohort_is_needed_by_one_look_in_part() -> None:
    whole = planned("run.cohorts=stacked", repeats="auto")
    blocks: list[set[int]] = [{0}, {1}, {2, 3, 4}, {5, 6, 7, 8, 9}]
    assert [repeats_of(whole.students[f"kd-{number}"]) for number in range(4)] == blocks
    assert [repeats_of(cohort) for cohort in whole.teachers.values()] == blocks
    assert len(whole.students) == 8


def test_a_fixed_number_of_repeats_is_one_cohort() -> None:
    plan = planned("run.cohorts=stacked", repeats=5)
    assert list(plan.teachers) == ["teacher-0"]
    assert list(plan.students) == ["simple-0", "kd-0"]
    assert all(len(cohort.members) == 15 for cohort in plan.students.values())
    assert plan.after(5).students.keys() == plan.students.keys()


def test_what_all_members_share_is_taken_over_all_repeats_that_there_may_be() -> None:
    whole = planned("teacher.width=64", repeats="auto", seed=6, controls=True)
    first = whole.after(1)
    least, most = ([end(len(split.student) for split in plan.splits) for plan in (whole, first)] for end in (min, max))
    assert least[0] < least[1] <= most[1] < most[0]  # otherwise this would show nothing
    assert {cohort.batch for cohort in first.students.values()} == {least[0]}
    assert first.equal_epochs == whole.equal_epochs
    assert {cohort.batch for cohort in planned(repeats=1, seed=6).students.values()} == {least[1]}


@pytest.mark.parametrize("protocol", [{"teacher_rows": "all"}, {"teacher_rows": "train"}])
def test_a_member_has_the_same_place_in_every_look(protocol: dict[str, Any]) -> None:
    whole = planned(repeats="auto", most_repeats=5, **protocol)
    for look in whole.looks:
        part = whole.after(look)
        assert part.targets.keys() <= whole.targets.keys()
        for cohort in [*part.teachers.values(), *part.students.values()]:
            for member in cohort.members:
                assert part.place_of(member) == whole.place_of(member)


def fitted(teacher: Any, **protocol: Any) -> Plan:
    """The same rows, and teachers that are fitted in one go."""
    generator = np.random.default_rng(0)
    rows = (generator.standard_normal((60, 3)).astype(np.float32), np.arange(60) % 2)
    given = Given(data=rows, teacher=teacher, student=SMALL, protocol={"folds": 3, **protocol})
    return prepare(None, given, (), trust=False).plan


TREE = "sklearn:ExtraTreeClassifier"


@pytest.mark.parametrize("teacher", [TREE, ["mlp", TREE]], ids=["alone", "ensemble"])
@pytest.mark.parametrize("protocol", [{}, {"teacher_rows": "all"}, {"repeats": "auto", "most_repeats": 2}], ids=str)
def test_a_teacher_that_is_fitted_has_a_job_for_every_split_that_it_serves(
    teacher: Any, protocol: dict[str, Any]
) -> None:
    whole = fitted(teacher, **protocol)
    assert whole.fits_teacher
    assert not whole.teachers
    for plan in [whole.after(look) for look in whole.looks]:
        assert plan.fits.keys() == {plan.teacher_of(split) for split in plan.splits}
        for split in plan.splits:
            member = plan.fits[plan.teacher_of(split)]
            assert member.arm == "teacher"
            assert np.array_equal(member.rows.train, split.teacher)
            own = np.union1d(split.teacher, split.teacher_validation)
            assert np.isin(split.student, own).all()
            assert np.isin(split.test, split.teacher).any() == ("teacher_rows" in protocol)
        assert len(plan.fits) == (1 if "teacher_rows" in protocol else len(plan.splits))
        assert [plan.crosses(own) for own in plan.apprentices] == ["teacher_rows" not in protocol]


@pytest.mark.parametrize(
    ("teacher", "fits", "crosses"),
    [
        ("mlp", False, False),
        (TREE, True, True),
        ("sklearn:LogisticRegression", True, False),
        ({"model": "sklearn:LogisticRegression", "cross_fit": True}, True, True),
        ({"model": TREE, "cross_fit": False}, True, False),
        (["sklearn:LogisticRegression", TREE], True, True),
        (lambda rows: rows[:, :2], False, False),
    ],
)
def test_who_is_fitted_and_who_gives_out_of_fold_answers(teacher: Any, fits: bool, crosses: bool) -> None:
    plan = fitted(teacher)
    assert (plan.fits_teacher, bool(plan.fits), any(map(plan.crosses, plan.apprentices))) == (fits, fits, crosses)
    assert len(plan.splits[0].teacher_validation) == 0 or not fits
