from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overproof.errors import ModelError
from overproof.models.architecture import Architecture
from overproof.models.cnn import CNN
from overproof.models.inference import BATCH, predict
from overproof.models.mlp import MLP

CPU = torch.device("cpu")


def images(rows: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((rows, 1, 8, 8), dtype=np.float32)


def names(rows: int) -> NDArray[np.uint64]:
    return np.arange(1000, 1000 + rows, dtype=np.uint64)


@pytest.mark.parametrize("reference", [MLP(width=33, dropout=0.5), CNN(width=5, dropout=0.5)], ids=["mlp", "cnn"])
def test_the_bits_of_a_row_do_not_depend_on_how_many_rows_are_asked_for(reference: MLP | CNN) -> None:
    module, inputs = Architecture.of("it", reference).fresh((1, 8, 8), 10, 0), images(2 * BATCH + 3)
    wanted = predict(module, inputs, names(len(inputs)), CPU)
    assert wanted.shape == (len(inputs), 10)
    assert wanted.dtype == np.float32
    for rows in (1, 2, 7, BATCH - 1, BATCH, BATCH + 1):
        assert np.array_equal(predict(module, inputs[:rows], names(rows), CPU), wanted[:rows])
    module.eval()
    with torch.no_grad():
        np.testing.assert_allclose(wanted, module(torch.from_numpy(inputs)).numpy(), rtol=1e-4, atol=1e-6)


class Noting(nn.Module):
    """Notes how many rows it was given, and in which mode."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, bool, bool]] = []

    def forward(self, rows: Tensor) -> SimpleNamespace:
        self.seen.append((len(rows), self.training, torch.is_grad_enabled()))
        return SimpleNamespace(logits=rows.flatten(1).double()[:, :3])


def test_every_batch_is_full_and_in_eval_mode_without_gradients() -> None:
    module = Noting().train()
    inputs = images(BATCH + 1)
    logits = predict(module, inputs, names(BATCH + 1), CPU)
    assert module.seen == [(BATCH, False, False)] * 2
    assert module.training
    assert logits.dtype == np.float32
    assert np.array_equal(logits, inputs.reshape(len(inputs), -1)[:, :3])


def test_every_part_of_the_module_keeps_its_mode() -> None:
    frozen = nn.BatchNorm1d(64)
    module = nn.Sequential(nn.Flatten(), frozen, nn.Linear(64, 3)).train()
    frozen.eval()
    before = {name: tensor.clone() for name, tensor in frozen.state_dict().items()}
    predict(module, images(3), names(3), CPU)
    assert [part.training for part in module] == [True, False, True]
    assert all(torch.equal(tensor, before[name]) for name, tensor in frozen.state_dict().items())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_row_whose_output_is_not_finite_is_named(value: float) -> None:
    inputs = images(BATCH + 20)
    inputs[[BATCH + 7, BATCH + 9], 0, 0, 1] = value
    module = Noting().train()
    with pytest.raises(ModelError) as caught:
        predict(module, inputs, names(len(inputs)), CPU)
    assert str(caught.value) == (
        f"the output for row {1000 + BATCH + 7} is not finite in 1 of 3 logits (2 such rows); "
        "check the model's weights and the scale of its inputs"
    )
    assert module.training


def test_a_module_that_fails_keeps_its_mode() -> None:
    module = nn.Linear(3, 2).train()
    with pytest.raises(RuntimeError):
        predict(module, images(2), names(2), CPU)
    assert module.training


def test_a_convolutional_module_can_be_trained_afterwards() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2))
    weight, before = module[0].weight, module[0].weight.clone()  # type: ignore[operator]
    predict(module, np.zeros((5, 3, 8, 8), dtype=np.float32), np.arange(5, dtype=np.uint64), torch.device("cpu"))
    assert module[0].weight is weight
    assert weight.is_contiguous()  # type: ignore[operator]
    assert torch.equal(weight, before)  # type: ignore[arg-type]
    module(torch.zeros(1, 3, 8, 8)).sum().backward()
    assert weight.grad is not None
