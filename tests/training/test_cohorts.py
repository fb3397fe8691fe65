"""What a cohort is trained on: nothing of its test rows, and the same for a student and its simple twin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overproof.data.columns import Column
from overproof.data.content import row_digests, row_ids
from overproof.data.dataset import UNLABELLED, Dataset, Tokens, from_arrays
from overproof.executors.in_process import InProcess
from overproof.executors.job import jobs_of
from overproof.models import weights
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.verbs.preparing import Given, prepare

ROWS = 72


def table(task: str, *, unlabelled: int = 0) -> Dataset:
    """Numbers and words with holes; the first rows have no labels."""
    rng = np.random.default_rng(1)
    inputs = np.stack((rng.normal(50, 9, ROWS), rng.lognormal(8, 2, ROWS), rng.integers(0, 3, ROWS)), 1)
    inputs[::7, 1] = inputs[::9, 2] = np.nan
    columns = (Column("age"), Column("pay"), Column("job", ("a", "b", "c")))
    return labelled(inputs.astype(np.float32), task, unlabelled, columns=columns)


def texts(*, unlabelled: int = 0) -> Dataset:
    rng = np.random.default_rng(1)
    tokens = rng.integers(1, 40, (ROWS, 6)).astype(np.int32)
    words = tuple(" ".join(map(str, row)) for row in tokens.tolist())
    return labelled(tokens, "multiclass", unlabelled, tokens=Tokens(words, 40, 0))


def labelled(inputs: NDArray[Any], task: str, unlabelled: int, **beside: Any) -> Dataset:
    rng = np.random.default_rng(2)
    names: tuple[str, ...] = ("x", "y", "z")
    numbers: NDArray[Any] = np.arange(ROWS) % 3
    if task == "binary":
        names, numbers = names[:2], np.arange(ROWS) % 2
    elif task == "multilabel":
        numbers = (rng.random((ROWS, 3)) < 0.5).astype(np.float32)
    elif task == "regression":
        values = 1e4 + np.array([1e3, 1]) * rng.normal(size=(ROWS, 2))
        names, numbers = names[:2], values.astype(np.float32)
    numbers[:unlabelled] = -1 if numbers.dtype == np.int64 else np.nan
    parts = np.where(np.arange(ROWS) < unlabelled, UNLABELLED, 0).astype(np.int8)
    ids = row_ids(row_digests(inputs), np.arange(ROWS))
    return Dataset("rows", inputs, numbers, ids, names, task, parts=parts if unlabelled else None, **beside)


def planned(data: Dataset, *settings: str, teacher: Any = "mlp", student: Any = "mlp", **given: Any) -> Plan:
    epochs = () if str(teacher).startswith("sklearn:") else ("teacher.training.epochs=2",)
    quick = (*epochs, "student.training.epochs=3", "student.training.batch_size=8", *settings)
    asked = Given(data=data, teacher=teacher, student=student, protocol={"folds": 2, **given})
    return prepare(None, asked, quick, trust=False).plan


def learnt(plan: Plan, folder: Path) -> dict[str, dict[str, Tensor]]:
    """The weights of every arm in split 0, trained by the jobs of a comparison."""
    run = Run.claim(folder, {})
    for stage in ("teach", "record", "train"):
        InProcess(plan, run, Watcher()).perform(jobs_of(plan, stage))
    found = {}
    for cohort in plan.students.values():
        state = weights.from_bytes(run.read(f"train/{cohort.key}", "weights.safetensors"), cohort.key)
        for place, member in enumerate(cohort.members):
            if (member.split.repeat, member.split.fold) == (0, 0):
                found[member.arm] = {name: tensor[place] for name, tensor in state.items()}
    return found


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def with_other_test_rows(plan: Plan) -> Plan:
    """The same splits; what stands in the test rows of the first one, and in their labels, is something else."""
    data, rows = plan.data, plan.splits[0].test
    inputs, labels = data.inputs.copy(), data.labels.copy()
    if data.columns is not None:
        inputs[rows] *= [1000, -3, 1]
        inputs[rows, 2] = np.where(np.isnan(inputs[rows, 2]), np.nan, 2 - inputs[rows, 2])
    else:
        inputs[rows] = inputs[rows][::-1]
    labels[rows] = 7 * labels[rows] if data.task == "regression" else 1 - np.minimum(labels[rows], 1)
    other = replace(plan, data=replace(data, inputs=inputs, labels=labels))
    vars(other)["drawn"] = plan.drawn
    return other


@pytest.mark.parametrize(
    ("task", "teacher"),
    [
        ("regression", "mlp"),
        ("regression", "sklearn:ExtraTreeRegressor"),
        ("binary", "mlp"),
        ("binary", "sklearn:ExtraTreeClassifier"),
        ("multilabel", "sklearn:LogisticRegression"),
        ("binary", ["mlp", "sklearn:ExtraTreeClassifier"]),
    ],
)
def test_test_rows_have_no_say(tmp_path: Path, task: str, teacher: Any) -> None:
    plan = planned(table(task), teacher=teacher, student_rows=0.5, transfer="train", validation=0.2)
    other = with_other_test_rows(plan)
    assert other.data.digest != plan.data.digest
    one, two = learnt(plan, tmp_path / "one"), learnt(other, tmp_path / "two")
    assert {"simple", "student"} == one.keys()
    assert all(same(one[arm], two[arm]) for arm in one)


@pytest.mark.parametrize("unlabelled", [0, 12])
@pytest.mark.parametrize(
    ("task", "cohorts"),
    [
        *((task, how) for task in ("binary", "regression", "multilabel") for how in ("separate", "stacked")),
        ("texts", "separate"),
    ],
)
def test_without_a_teacher_a_student_is_simple(tmp_path: Path, task: str, unlabelled: int, cohorts: str) -> None:
    data = texts(unlabelled=unlabelled) if task == "texts" else table(task, unlabelled=unlabelled)
    student = "embedding-bag" if task == "texts" else "mlp"
    plan = planned(
        data,
        *("method.alpha=0.0", f"run.cohorts={cohorts}", "student.training.patience=1"),
        teacher=student,
        student=student,
        validation=0.2,
    )
    assert bool(len(plan.splits[0].transfer)) == bool(unlabelled)
    found = learnt(plan, tmp_path)
    assert same(found["simple"], found["student"])


def test_a_teacher_makes_a_difference(tmp_path: Path) -> None:
    found = learnt(planned(table("regression")), tmp_path)
    assert not same(found["simple"], found["student"])
    for name in ("back.scale", "back.centre", "front.fill", "front.centre", "front.scale", "front.known"):
        assert torch.equal(found["simple"][name], found["student"][name])


def test_validation_rows_of_different_numbers_are_filled_up_with_rows_that_have_labels(tmp_path: Path) -> None:
    data = table("regression", unlabelled=12)
    data = replace(data, groups=np.repeat(np.arange(16), np.arange(16) % 8 + 1)[:ROWS])
    plan = planned(data, "run.cohorts=stacked", folds=3, validation=0.3)
    assert len({len(split.student_validation) for split in plan.splits}) > 1
    assert all(bool(torch.isfinite(tensor).all()) for tensor in learnt(plan, tmp_path)["student"].values())


class Back(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor([1e-30, 1e30]))

    def forward(self, rows: Tensor) -> Tensor:
        return rows


class Owned(nn.Module):
    """A network of the user's own that calls a part of itself as ours is called."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.back = nn.Linear(4, 2), Back()

    def forward(self, rows: Tensor) -> Tensor:
        return self.back(self.line(rows.flatten(1)))  # type: ignore[no-any-return]


def test_classes_have_no_unit_whatever_a_network_contains(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (40, 1, 2, 2)).astype(np.uint8)
    plan = planned(from_arrays(pixels, np.arange(40) % 2, "pixels"), student=Owned)
    assert all(bool(torch.isfinite(tensor).all()) for tensor in learnt(plan, tmp_path)["simple"].values())
