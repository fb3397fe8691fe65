from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from overproof.errors import ModelError
from overproof.models.architecture import Architecture, check_outputs, eval_mode, logits_of
from overproof.models.cnn import CNN
from overproof.models.mlp import MLP

MLP_8 = Architecture.of("mlp", MLP(width=8, dropout=0.5))


def weights(*purpose: int | str) -> Tensor:
    return torch.cat([part.flatten() for part in MLP_8.fresh((4,), 3, *purpose).state_dict().values()])


def test_initial_weights_are_a_function_of_their_purpose() -> None:
    wanted = weights(0, "weights", "student", 1, 2)
    torch.manual_seed(99)
    weights(5)
    assert torch.equal(weights(0, "weights", "student", 1, 2), wanted)
    for other in (
        (1, "weights", "student", 1, 2),
        (0, "weights", "teacher", 1, 2),
        (0, "weights", "student", 2, 1),
        (0, "weights", "student", 12),
    ):
        assert not torch.equal(weights(*other), wanted)


def test_streams_of_random_numbers_go_on_as_if_nothing_had_been_built() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state(), str(np.random.get_state()), random.getstate()
    weights(0)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (str(np.random.get_state()), random.getstate()) == before[1:]


def test_a_fresh_module_is_its_own_and_in_train_mode() -> None:
    one, other = MLP_8.fresh((4,), 3, 0), MLP_8.fresh((4,), 3, 0)
    assert all(part.training for part in one.modules())
    assert {id(each) for each in one.parameters()}.isdisjoint(id(each) for each in other.parameters())


def test_an_architecture_reads_like_its_settings() -> None:
    assert str(MLP_8) == "mlp(width=8, dropout=0.5)"
    assert str(Architecture("mine", lambda shape, classes: nn.Identity())) == "mine"


def test_logits_are_a_tensor_or_stand_in_an_output() -> None:
    logits = torch.zeros(2, 3)
    assert logits_of(logits) is logits
    assert logits_of(SimpleNamespace(logits=logits)) is logits
    with pytest.raises(ModelError, match=r"^a model returned tuple; expected a tensor of logits, or an object with "):
        logits_of((logits,))
    with pytest.raises(ModelError, match=r"returned dict;"):
        logits_of({"logits": logits})


def test_eval_mode_gives_every_part_its_own_mode_back() -> None:
    module = nn.Sequential(nn.Sequential(nn.Dropout(), nn.Linear(2, 2)), nn.BatchNorm1d(2)).train()
    module[1].eval()  # a frozen part of a module in training
    modes = [part.training for part in module.modules()]
    with eval_mode(module):
        assert not any(part.training for part in module.modules())
    assert [part.training for part in module.modules()] == modes
    with pytest.raises(ZeroDivisionError), eval_mode(module):
        raise ZeroDivisionError
    assert [part.training for part in module.modules()] == modes


def test_fitting_models_pass_and_keep_their_mode() -> None:
    for reference in (MLP(), CNN()):
        module = reference.build((1, 8, 8), 10).train()
        check_outputs(module, torch.zeros(2, 1, 8, 8), 10, "student")
        assert module.training


class Constant(nn.Module):
    """Says the same about every row."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, rows: Tensor) -> Tensor:
        return torch.full((len(rows), 10), self.value)


class Raising(nn.Module):
    """A module whose code raises whatever it likes."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, rows: Tensor) -> Tensor:
        raise self.error


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Linear(4, 9), r"student returned shape \(2, 9\), expected \(2, 10\): the data have 10 classes"),
        (nn.Linear(5, 10), r"student cannot take rows of shape \(4,\): mat1 and mat2 shapes cannot be multiplied"),
        (nn.Embedding(3, 10), r"student cannot take rows of shape \(4,\): "),
        (nn.Module(), r"student cannot take rows of shape \(4,\): "),
        (nn.BatchNorm2d(4), r"student cannot take rows of shape \(4,\): expected 4D input"),
        (Raising(KeyError("mask\nx")), r"student cannot take rows of shape \(4,\): 'mask"),
        (nn.LSTM(4, 10), "a model returned tuple; expected a tensor of logits"),
        (Constant(float("nan")), "student returned values that are not finite for the first rows of the data"),
        (Constant(float("inf")), "student returned values that are not finite for the first rows of the data"),
    ],
    ids=["classes", "inputs", "types", "no forward", "dimensions", "any error", "tuple", "nan", "inf"],
)
def test_models_that_do_not_fit_are_refused_and_keep_their_mode(module: nn.Module, message: str) -> None:
    module.train()
    with pytest.raises(ModelError, match=f"^{message}") as caught:
        check_outputs(module, torch.zeros(2, 4), 10, "student")
    assert "\n" not in str(caught.value)
    assert module.training


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_one_number_will_do_where_the_task_is_binary(shape: tuple[int, ...]) -> None:
    class One(nn.Module):
        def forward(self, rows: Tensor) -> Tensor:
            return rows.sum(1).reshape(shape)

    check_outputs(One(), torch.zeros(2, 4), 2, "student", task="binary")
    for task, what in (("multiclass", "classes"), ("multilabel", "labels"), ("regression", "values to predict")):
        with pytest.raises(
            ModelError, match=rf"^student returned shape \(2.*\), expected \(2, 2\): the data have 2 {what}$"
        ):
            check_outputs(One(), torch.zeros(2, 4), 2, "student", task=task)


def test_an_assertion_of_a_module_is_told() -> None:
    class Picky(nn.Module):
        def forward(self, rows: Tensor) -> Tensor:
            raise AssertionError("Input height (28) should be divisible by 16")

    with pytest.raises(ModelError, match=r"^student cannot take rows of shape \(4,\): Input height \(28\) should be"):
        check_outputs(Picky(), torch.zeros(2, 4), 2, "student")
