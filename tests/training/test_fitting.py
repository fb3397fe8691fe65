"""Teachers that are fitted in one go: nobody answers for a row that it, or a copy of it, was learnt by heart from."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from overproof.data.dataset import UNLABELLED, Dataset, from_arrays
from overproof.data.duplicates import duplicate_groups
from overproof.errors import ModelError
from overproof.models.architecture import Architecture
from overproof.plan import Member, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.record import ANSWERS
from overproof.teachers.teacher import Apprentice, Shown, Voice
from overproof.training import checkpoint
from overproof.training.fitting import fit_and_ask
from overproof.training.jobs import teach
from overproof.verbs.preparing import Given, prepare

SMALL = {"model": "mlp", "width": 4, "training": {"epochs": 3}}
Rows = NDArray[np.int64]


class Rote(Apprentice):
    """Says 1 about every row that it has learnt, a copy of it or one of its group, and 0 about all others."""

    name = "rote"
    memorises = True

    def __init__(self) -> None:
        self.learnt: list[Rows] = []
        self.seeds: list[int] = []
        self.threads: set[int] = set()

    def fit(self, data: Dataset, rows: Rows, seed: int) -> Voice:
        self.learnt.append(rows)
        self.seeds.append(seed)
        self.threads |= {torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())}
        return Recital(duplicate_groups(data), rows)

    def facts(self) -> dict[str, Any]:
        return {}


class Recital(Voice):
    def __init__(self, groups: Rows, rows: Rows) -> None:
        self.name, self._groups, self._known = "recital", groups, groups[rows]

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        known = np.isin(self._groups[shown.rows], self._known)
        return np.stack((known, np.zeros(len(known))), axis=1).astype(np.float32)

    def components(self) -> dict[str, Any]:
        return {}


def rows(*, groups: bool = True, unlabelled: int = 30) -> Dataset:
    """120 rows with labels, some of them copies, in groups; and rows without, some of which are copies of the first."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(120 + unlabelled, 3)).astype(np.float32)
    inputs[100:120] = inputs[:20]
    inputs[120:130] = inputs[40 : 40 + min(unlabelled, 10)]
    labels = np.arange(len(inputs)) % 2
    data = from_arrays(inputs, labels, "rows", task="binary")
    parts = np.where(np.arange(len(inputs)) < 120, 0, UNLABELLED).astype(np.int8)
    own = np.where(parts == UNLABELLED, -1, data.labels)
    names = np.arange(len(inputs)) // 4 if groups else None
    return replace(data, labels=own, parts=parts, groups=names)


def planned(teacher: Any, data: Dataset | None = None, *settings: str, **protocol: Any) -> Plan:
    given = Given(data=data or rows(), teacher=teacher, student=SMALL, protocol={"folds": 3, **protocol})
    return prepare(None, given, settings, trust=False).plan


def answers(plan: Plan, folder: Path, key: str = "teacher-r0-f0") -> NDArray[np.float32]:
    files = fit_and_ask(plan, Run.claim(folder, {}), key, Watcher())
    return np.load(io.BytesIO(files[ANSWERS]))  # type: ignore[no-any-return]


@pytest.mark.parametrize("groups", [True, False])
def test_nobody_answers_for_a_row_it_has_by_heart(tmp_path: Path, groups: bool) -> None:
    teacher = Rote()
    plan = planned(teacher, rows(groups=groups), student_rows=0.5, transfer="train", validation=0.2)
    for split in plan.splits:
        said = answers(plan, tmp_path, Member("teacher", split).key)[:, 0]
        for who in ("train", "student", "student_validation", "transfer", "teacher", "test"):
            own = getattr(split, who)
            assert len(own), "otherwise this would show nothing"
            assert not said[own].any(), who
    assert len(teacher.learnt) == 3 * (1 + 5)


@pytest.mark.parametrize("protocol", [{"teacher_rows": "all"}, {}])
def test_without_cross_fitting_it_says_what_it_has_by_heart(tmp_path: Path, protocol: dict[str, Any]) -> None:
    plan = planned(Rote(), None, *([] if protocol else ["teacher.cross_fit=false"]), **protocol)
    said, split = answers(plan, tmp_path, plan.teacher_of(plan.splits[0]))[:, 0], plan.splits[0]
    assert said[split.teacher].all()
    assert bool(said[split.test].any()) == bool(protocol), "one teacher for all has seen the test rows, too"


def test_it_learns_from_the_rows_of_its_split_and_from_no_others(tmp_path: Path) -> None:
    teacher = Rote()
    plan = planned(teacher)
    answers(plan, tmp_path)
    whole, *parts = teacher.learnt
    split = plan.splits[0]
    assert set(whole) == set(split.train)
    assert all(set(part) < set(split.train) for part in parts)
    groups = duplicate_groups(plan.data)
    dealt = [np.setdiff1d(whole, part) for part in parts]
    assert sorted(np.concatenate(dealt)) == sorted(whole), "every row is answered for once"
    assert all(not np.isin(groups[part], groups[out]).any() for part, out in zip(parts, dealt, strict=True))
    assert len(set(teacher.seeds)) == 6


def test_rows_of_one_group_only_cannot_be_answered_for(tmp_path: Path) -> None:
    plan = planned(Rote(), rows(groups=False, unlabelled=0))
    alone = replace(plan, data=replace(plan.data, groups=np.zeros(120, dtype=np.int64)))
    vars(alone)["drawn"] = plan.drawn
    with pytest.raises(ModelError, match="all of one group"):
        answers(alone, tmp_path)


def test_all_views_of_a_row_are_answered_for(tmp_path: Path) -> None:
    plan = planned(Rote(), None, 'views.augment=["noise"]', "views.count=3")
    said = answers(plan, tmp_path)
    assert said.shape == (3 * len(plan.data), 2)
    assert not said.reshape(-1, 3, 2)[plan.splits[0].teacher].any()


def test_there_is_one_thread_of_arithmetic(tmp_path: Path) -> None:
    teacher, before = Rote(), torch.get_num_threads()
    plan = planned(teacher)
    torch.set_num_threads(2)
    try:
        answers(plan, tmp_path)
        assert teacher.threads == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_teachers_of_one_kind_are_not_twins(tmp_path: Path) -> None:
    one, other = Rote(), Rote()
    answers(planned([one, other]), tmp_path / "rote")
    assert not {*one.seeds} & {*other.seeds}
    alone, both = (planned([*["mlp"] * count, "sklearn:GaussianNB"]) for count in (1, 2))
    weights = [
        architecture.fresh(both.data.shape, 2, 0, "weights", cohort.purpose, 0, 0).state_dict()
        for place, architecture in enumerate(both.teacher.members)  # type: ignore[union-attr]
        if isinstance(architecture, Architecture)
        for cohort in [both.alone(architecture, both.fits["teacher-r0-f0"], place)]
    ]
    assert any(not torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())
    assert not np.array_equal(answers(alone, tmp_path / "one"), answers(both, tmp_path / "two"))


def test_a_network_in_an_ensemble_has_validation_rows_that_nobody_in_it_learns_from(tmp_path: Path) -> None:
    other = Rote()
    plan = planned([{"model": "mlp", "width": 4}, other], None, "teacher.training.epochs=2")
    split = plan.splits[0]
    assert len(split.teacher_validation)
    answers(plan, tmp_path)
    assert all(not np.isin(split.teacher_validation, part).any() for part in other.learnt)
    assert not len(planned([Rote(), Rote()]).splits[0].teacher_validation)


class Killed(BaseException):
    """Whatever ends a process."""


class Killing(Watcher):
    def epoch(self, job: str, epoch: int, epochs: int, hard: float, soft: float | None) -> None:
        if job == "teach/teacher-r0-f0/1" and epoch == 4:
            raise Killed


def test_killed_within_a_network_of_an_ensemble_it_goes_on_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint.Checkpoint.__init__, "__defaults__", (0.0,))
    plan = planned(["mlp", "mlp", "sklearn:DecisionTreeClassifier"], None, "teacher.training.epochs=6")
    straight, run = Run.claim(tmp_path / "straight", {}), Run.claim(tmp_path / "run", {})
    teach(plan, straight, "teacher-r0-f0", Watcher())
    with pytest.raises(Killed):
        teach(plan, run, "teacher-r0-f0", Killing())
    assert [run.done(f"unfinished/teach/teacher-r0-f0/{place}") for place in range(2)] == [True, True]
    told: list[tuple[str, int]] = []

    class Counting(Watcher):
        def epoch(self, job: str, epoch: int, epochs: int, hard: float, soft: float | None) -> None:
            told.append((job, epoch))

    teach(plan, run, "teacher-r0-f0", Counting())
    assert told == [("teach/teacher-r0-f0/1", epoch) for epoch in (4, 5, 6)]
    for name in run.files("teach/teacher-r0-f0"):
        assert run.read("teach/teacher-r0-f0", name) == straight.read("teach/teacher-r0-f0", name)
    assert not list((run.folder / "unfinished").rglob("*.json")), "progress is forgotten once the job is done"
