"""Schedules are pure functions of the step; clipping is per member."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from overproof.study import Training
from overproof.training.optimisation import clip, learning_rate, optimiser


def test_cosine_is_pytorchs() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    reference = torch.optim.SGD([parameter], lr=0.5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(reference, T_max=20)
    for step in range(20):
        ours = learning_rate(Training(learning_rate=0.5), step, 20)
        assert ours == pytest.approx(reference.param_groups[0]["lr"], abs=1e-9)
        reference.step()
        schedule.step()


def test_one_cycle_rises_then_falls() -> None:
    rates = [learning_rate(Training(learning_rate=1.0, schedule="one-cycle"), step, 100) for step in range(100)]
    top = rates.index(max(rates))
    assert rates[0] == pytest.approx(1 / 25)
    assert top == 30
    assert rates[top] == pytest.approx(1.0)
    assert rates == sorted(rates[: top + 1]) + sorted(rates[top + 1 :], reverse=True)


def test_constant_is_constant() -> None:
    assert {learning_rate(Training(learning_rate=0.2, schedule="constant"), step, 9) for step in range(9)} == {0.2}


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_recipes_optimiser(name: str, kind: type) -> None:
    made = optimiser([nn.Parameter(torch.zeros(1))], Training.model_validate({"optimiser": name, "weight_decay": 0.1}))
    assert isinstance(made, kind)
    assert made.param_groups[0]["weight_decay"] == 0.1


def test_clipping_one_member_is_pytorchs() -> None:
    torch.manual_seed(0)
    ours = [nn.Parameter(torch.zeros(3, 2)), nn.Parameter(torch.zeros(4))]
    theirs = [nn.Parameter(torch.zeros(3, 2)), nn.Parameter(torch.zeros(4))]
    for mine, other in zip(ours, theirs, strict=True):
        mine.grad = torch.randn_like(mine)
        other.grad = mine.grad.clone()
    clip(ours, 0.5, members=1)
    nn.utils.clip_grad_norm_(theirs, 0.5)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.grad is not None
        torch.testing.assert_close(mine.grad, other.grad)


def test_clipping_several_members_is_each_ones_own() -> None:
    torch.manual_seed(0)
    parameter = nn.Parameter(torch.zeros(2, 5))
    parameter.grad = torch.stack([torch.full((5,), 10.0), torch.full((5,), 0.01)])
    clip([parameter], 1.0, members=2)
    assert parameter.grad[0].norm() == pytest.approx(1.0, rel=1e-4)
    assert torch.equal(parameter.grad[1], torch.full((5,), 0.01))
