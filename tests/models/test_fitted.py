"""Networks that meet raw rows, and values in their own unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overproof.data.dataset import Dataset, from_arrays
from overproof.models import imported, weights
from overproof.models.architecture import Architecture
from overproof.models.fitted import Fitted, Pair, around, says_one_number
from overproof.models.mlp import MLP
from overproof.models.stacking import why_not

MLP8 = Architecture.of("mlp", MLP(width=8))


def data(task: str, *, inputs: type = np.float64) -> Dataset:
    rng = np.random.default_rng(0)
    rows: NDArray[Any] = (100 * rng.random((30, 3))).astype(inputs)
    labels = 1e5 + 1e4 * rng.normal(size=30) if task == "regression" else rng.integers(0, 2, 30)
    return from_arrays(rows, labels, "rows", task=task)


def test_pixels_and_images_need_nothing() -> None:
    assert around(MLP8, data("binary", inputs=np.uint8)) is MLP8
    images = from_arrays(np.zeros((4, 1, 8, 8)), [0, 1, 2, 1], "images")
    assert around(MLP8, images) is MLP8


def test_values_come_out_in_their_own_unit_and_ship_with_the_weights() -> None:
    rows = data("regression")
    module = around(MLP8, rows).fresh(rows.shape, 1, 0)
    assert isinstance(module, Fitted)
    module.fit(rows.inputs, rows.labels)
    said = module.eval()(torch.from_numpy(rows.inputs)).detach()
    assert float(said.min()) > 5e4
    assert float(said.max()) < 1.5e5
    other = around(MLP8, rows).fresh(rows.shape, 1, 1)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other.eval()(torch.from_numpy(rows.inputs)), said)


def test_initial_weights_are_those_of_the_bare_network() -> None:
    rows = data("binary")
    bare, fitted = MLP8.fresh(rows.shape, 2, 5), around(MLP8, rows).fresh(rows.shape, 2, 5)
    assert isinstance(fitted, Fitted)
    inner = fitted.body.state_dict()
    assert all(torch.equal(tensor, inner[name]) for name, tensor in bare.state_dict().items())


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_members_stack(task: str) -> None:
    rows = data(task)
    modules = [around(MLP8, rows).fresh(rows.shape, len(rows.classes), number) for number in range(2)]
    for module in modules:
        assert isinstance(module, Fitted)
        module.fit(rows.inputs, rows.labels)
    assert why_not(modules, torch.from_numpy(rows.inputs[:4])) is None


class Flat(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3, 1)

    def forward(self, rows: Tensor) -> Tensor:
        return self.line(rows).squeeze(-1)  # type: ignore[no-any-return]


@pytest.mark.parametrize("make", [lambda: nn.Linear(3, 1), Flat])
def test_one_number_for_two_classes_is_the_logit_of_the_second(make: type[nn.Module]) -> None:
    rows = data("binary")
    module = around(imported.architecture("mine", make), rows).fresh(rows.shape, 2, 0).eval()
    assert isinstance(module, Fitted)
    said = module(torch.from_numpy(rows.inputs))
    number = module.body(module.front(torch.from_numpy(rows.inputs))) if module.front is not None else None
    assert number is not None
    assert torch.equal(said, torch.stack((torch.zeros(30), number.reshape(30)), dim=1))
    probabilities = torch.sigmoid(number.reshape(30))
    torch.testing.assert_close(torch.softmax(said, dim=1)[:, 1], probabilities)


def test_a_brought_network_that_says_one_number() -> None:
    rows, module = data("binary"), nn.Linear(3, 1)
    assert says_one_number(module, rows)
    assert not says_one_number(nn.Linear(3, 2), rows)
    assert Pair(module)(torch.from_numpy(rows.inputs)).shape == (30, 2)


def test_a_student_of_an_earlier_run_is_a_start(tmp_path: Path) -> None:
    rows = data("regression")
    module = around(MLP8, rows).fresh(rows.shape, 1, 0)
    assert isinstance(module, Fitted)
    module.fit(rows.inputs, rows.labels)
    file = tmp_path / "student.safetensors"
    file.write_bytes(weights.to_bytes(module.state_dict()))
    again = around(weights.starting_from(MLP8, file), rows).fresh(rows.shape, 1, 7)
    assert isinstance(again, Fitted)
    inner = module.body.state_dict()
    assert all(torch.equal(tensor, inner[name]) for name, tensor in again.body.state_dict().items())
