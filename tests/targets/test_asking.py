"""What a teacher is asked, and under which key its answers are kept: another teacher is another key."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.data.columns import Column
from overproof.data.dataset import Dataset, Tokens
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets import asking
from overproof.targets.components import recording_of
from overproof.targets.record import record, recorded, soft_targets
from overproof.teachers.teacher import Shown, Voice
from overproof.verbs.preparing import Given, prepare

ROWS = 20


class Says(Voice):
    """Says the same number about every row, and the row's place."""

    def __init__(self, number: float = 1.0, facts: dict[str, Any] | None = None) -> None:
        self.name, self.number, self.facts = "says", number, facts
        self.asked: list[NDArray[np.int64]] = []

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        self.asked.append(shown.rows)
        return np.stack((np.full(len(shown.rows), self.number), shown.rows), axis=1).astype(np.float32)

    def components(self) -> dict[str, Any] | None:
        return self.facts


def rows(**beside: Any) -> Dataset:
    inputs = np.random.default_rng(0).integers(0, 3, (ROWS, 2)).astype(np.float32)
    inputs[:, 0] = np.arange(ROWS)
    known: dict[str, Any] = {"columns": (Column("age"), Column("job", ("a", "b", "c"))), **beside}
    labels = np.arange(ROWS) % 2
    return Dataset("rows", inputs, labels, np.arange(ROWS, dtype=np.uint64), ("no", "yes"), "binary", **known)


def planned(teacher: Any, data: Dataset | None = None, *settings: str) -> Plan:
    quick = {"model": "mlp", "width": 4, "training": {"epochs": 1}}
    given = Given(data=data or rows(), teacher=teacher, student=quick, protocol={"folds": 2})
    return prepare(None, given, settings, trust=False).plan


def key(plan: Plan, run: Run, teacher: Any) -> str:
    asked = asking.network if isinstance(teacher, nn.Module) else None
    found = asked(plan, "teacher", teacher) if asked else asking.voice(plan, run, "teacher", teacher)
    return recording_of(plan, found, "teacher").entry.key


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.claim(tmp_path / "run", {})


def test_another_voice_is_another_key(run: Run) -> None:
    plan = planned(Says(facts={"version": "1"}))
    wanted = key(plan, run, Says(facts={"version": "1"}))
    assert key(plan, run, Says(2.0, facts={"version": "1"})) == wanted, "what it says of itself is what counts"
    assert key(plan, run, Says(facts={"version": "2"})) != wanted


def test_whatever_a_voice_may_look_at_is_part_of_the_key(run: Run) -> None:
    teacher = Says(facts={"version": "1"})
    data = rows()
    words = tuple(f"text {row}" for row in range(ROWS))
    others = {
        "name of a column": replace(data, columns=(Column("years"), data.columns[1])),  # type: ignore[index]
        "words": replace(data, columns=(data.columns[0], Column("job", ("a", "b", "d")))),  # type: ignore[index]
        "order of classes": replace(data, classes=("yes", "no")),
        "names of rows": replace(data, keys=tuple(map(str, range(100, 100 + ROWS)))),
        "texts": replace(data, columns=None, tokens=Tokens(words, 30, 0)),
        "other texts": replace(data, columns=None, tokens=Tokens(("text", *words[1:]), 30, 0)),
        "rows": replace(data, inputs=data.inputs[::-1].copy()),
        "as they are": data,
    }
    plan = planned(teacher, data)
    keys = {what: key(replace(plan, data=other), run, teacher) for what, other in others.items()}
    assert len(set(keys.values())) == len(keys), keys


def test_labels_and_places_are_no_part_of_the_key(run: Run) -> None:
    teacher = Says(facts={"version": "1"})
    plan = planned(teacher)
    other = replace(plan, data=replace(plan.data, labels=1 - plan.data.labels, name="elsewhere"))
    assert key(plan, run, teacher) == key(other, run, teacher)


def test_what_cannot_be_told_from_others_is_kept_for_one_run(tmp_path: Path) -> None:
    plan, teacher = planned(Says()), Says()
    runs = [Run.claim(tmp_path / name, {}) for name in ("one", "other")]
    first, again, other = (key(plan, run, teacher) for run in (runs[0], runs[0], runs[1]))
    assert first == again != other
    for run in runs:
        record(plan, run, "teacher", Watcher())
        assert recorded(plan, run, "teacher")
    louder = planned(Says(5.0))
    record(louder, Run.claim(tmp_path / "third", {}), "teacher", Watcher())
    assert soft_targets(louder, Run(tmp_path / "third"), "teacher").at(np.arange(3))[:, 0].tolist() == [5.0] * 3
    assert soft_targets(plan, runs[0], "teacher").at(np.arange(3))[:, 0].tolist() == [1.0] * 3


def test_another_network_is_another_key(run: Run) -> None:
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    plan = planned(one)
    keys = {key(plan, run, module) for module in (one, other, nn.Sequential(one), nn.Sequential(one, nn.Tanh()))}
    assert len(keys) == 4


def test_fitted_teachers_have_the_key_of_what_they_say() -> None:
    def said(numbers: Any) -> asking.Asked:
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(numbers, dtype=np.float32))
        return asking.said(buffer.getvalue())

    one = said([[1, 2], [3, 4]])
    assert one.components == said([[1, 2], [3, 4]]).components != said([[1, 2], [3, 5]]).components
    assert one.answer(np.array([1, 0])).tolist() == [[3, 4], [1, 2]]


def test_a_voice_is_asked_in_portions_about_the_rows_of_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "CHUNK", 4)
    teacher = Says()
    plan = planned(teacher, rows(columns=(Column("x"), Column("y"))), 'views.augment=["noise"]', "views.count=3")
    teacher.asked.clear()
    items = np.array([0, 1, 2, 59, 58, 30, 31])
    found = asking.answers_of(plan, plan.teacher_of(plan.splits[0]), teacher)(items)
    assert found[:, 1].tolist() == [0, 0, 0, 19, 19, 10, 10]
    assert [len(portion) for portion in teacher.asked] == [4, 3]


def test_a_voice_sees_the_views_that_its_students_see() -> None:
    class Mirror(Says):
        def answer(self, shown: Shown) -> NDArray[np.float32]:
            return np.asarray(shown.inputs, dtype=np.float32)

    plan = planned(Mirror(), rows(columns=(Column("x"), Column("y"))), 'views.augment=["noise"]', "views.count=2")
    own = plan.teacher_of(plan.splits[0])
    found = asking.answers_of(plan, own, Mirror())(np.arange(2 * ROWS)).reshape(ROWS, 2, 2)
    assert np.array_equal(found[:, 0], plan.data.inputs), "view 0 is the row itself"
    assert (found[:, 1] != plan.data.inputs).any(axis=1).all()
    assert np.array_equal(found.reshape(-1, 2), asking.shown(plan, own, torch.device("cpu"))(np.arange(2 * ROWS)))
