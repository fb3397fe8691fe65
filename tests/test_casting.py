"""Who plays the teacher and the student: names and live objects, and what a network needs around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from overproof import casting
from overproof.data.columns import Column
from overproof.data.dataset import Dataset, from_arrays
from overproof.errors import ModelError, StudyError
from overproof.models.architecture import Architecture
from overproof.models.fitted import Fitted
from overproof.study import Student, Teacher
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.teacher import Apprentice, Voice

ROWS = 12


def table(task: str = "binary") -> Dataset:
    inputs = np.stack((np.arange(ROWS), np.arange(ROWS) % 3), axis=1).astype(np.float32)
    labels: Any = np.arange(ROWS) % 2
    if task == "regression":
        labels = np.linspace(1e4, 2e4, ROWS, dtype=np.float32).reshape(-1, 1)
    names = ("price",) if task == "regression" else ("no", "yes")
    ids = np.arange(ROWS, dtype=np.uint64)
    return Dataset("rows", inputs, labels, ids, names, task, (Column("age"), Column("job", ("a", "b", "c"))))


def images() -> Dataset:
    return from_arrays(np.arange(ROWS * 4).reshape(ROWS, 1, 2, 2).astype(np.uint8), np.arange(ROWS) % 2, "images")


class Net(nn.Module):
    """A network of the user's own, whose part is called as ours is."""

    def __init__(self, inputs: int = 2, outputs: int = 2) -> None:
        super().__init__()
        self.body = nn.Linear(inputs, outputs)

    def forward(self, rows: Tensor) -> Tensor:
        return self.body(rows.flatten(1))  # type: ignore[no-any-return]


def teacher(value: Any, data: Dataset, **keys: Any) -> tuple[Any, Any]:
    model = value if isinstance(value, str) else "python:x"
    return casting.teacher(value, Teacher.model_validate({"model": model, **keys}), data, trust=False)


def test_students_meet_the_rows_as_they_are() -> None:
    for data, fits in ((table(), True), (table("regression"), True), (images(), False)):
        made = casting.student(None, Student(model="mlp"), data, trust=False)
        module = made.fresh(data.shape, len(data.classes), 0)
        assert isinstance(module, Fitted) == fits
        assert module.eval()(torch.from_numpy(data.inputs)).shape == (ROWS, len(data.classes))


@pytest.mark.parametrize("data", [table(), images()], ids=["table", "images"])
def test_a_teacher_is_trained_fitted_or_brought(data: Dataset) -> None:
    made, brought = teacher("mlp", data)
    assert isinstance(made, Architecture)
    assert brought is None
    made, brought = teacher("sklearn:GaussianNB", data)
    assert isinstance(made, Apprentice)
    assert brought is None
    made, brought = teacher(lambda rows: rows, data)
    assert isinstance(made, Architecture)
    assert isinstance(brought, Voice)
    with pytest.raises(ModelError, match="cannot be built"):
        made.build(data.shape, 2)
    net = Net(int(np.prod(data.shape)))
    assert teacher(net, data)[1] is net


def test_weights_of_a_network_of_ones_own_whatever_its_parts_are_called(tmp_path: Path) -> None:
    net, path = Net(), tmp_path / "net.safetensors"
    save_file(net.state_dict(), path)
    given = {"model": Net, "weights": str(path)}
    found = casting.teacher(given, Teacher(model="python:Net", weights=str(path)), table(), trust=False)[1]
    assert isinstance(found, Net)
    assert torch.equal(found.body.weight, net.body.weight)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_weights_of_an_earlier_run_come_with_what_was_fitted_around_them(tmp_path: Path, task: str) -> None:
    data, path = table(task), tmp_path / "student.safetensors"
    made = casting.student(None, Student.model_validate({"model": "mlp", "width": 4}), data, trust=False)
    module = made.fresh(data.shape, len(data.classes), 7)
    assert isinstance(module, Fitted)
    module.fit(data.inputs, data.labels)
    save_file(module.state_dict(), path)
    for keys in ({"model": "mlp", "width": 4}, {"model": [{"model": "mlp", "width": 4, "weights": str(path)}, "mlp"]}):
        given = {"weights": str(path), **keys} if keys["model"] == "mlp" else keys
        found, brought = casting.teacher(None, Teacher.model_validate(given), data, trust=False)
        own = found.members[0] if isinstance(found, Ensemble) else brought
        rows = torch.from_numpy(data.inputs)
        assert isinstance(own, nn.Module)
        assert torch.equal(own.eval()(rows), module.eval()(rows))


def test_networks_of_an_ensemble_meet_the_rows_as_they_are() -> None:
    data = table("regression")
    found, brought = teacher(None, data, model=["mlp", "sklearn:Ridge"])
    assert isinstance(found, Ensemble)
    assert brought is None
    architecture, ridge = found.members
    assert isinstance(architecture, Architecture)
    assert isinstance(ridge, Apprentice)
    assert isinstance(architecture.fresh(data.shape, 1, 0), Fitted)


@pytest.mark.parametrize("outputs", [1, 2])
def test_one_number_for_two_classes_is_two_logits_alone_and_in_an_ensemble(outputs: int) -> None:
    data, net = images(), Net(4, outputs)
    alone = teacher(net, data)[1]
    found, _ = teacher([net, "mlp"], data)
    rows = torch.from_numpy(data.inputs)
    wanted = net(rows) if outputs == 2 else torch.cat((torch.zeros(ROWS, 1), net(rows)), dim=1)
    for module in (alone, found.members[0]):
        assert torch.equal(module.eval()(rows), wanted)


@pytest.mark.parametrize(
    ("value", "keys", "error", "message"),
    [
        (Net(), {"weights": "x"}, StudyError, "teacher.weights has no meaning beside a module"),
        (Net(), {"width": 3}, StudyError, "has no key 'width' beside a module"),
        (3, {}, ModelError, "teacher must be a module, a function that returns one, or a name; got int"),
    ],
)
def test_what_makes_no_sense_is_refused(value: Any, keys: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        teacher(value, table(), **keys)


def test_a_student_is_no_module() -> None:
    with pytest.raises(ModelError, match="give a function that returns a fresh one"):
        casting.student(Net(), Student(model="python:Net"), table(), trust=False)
