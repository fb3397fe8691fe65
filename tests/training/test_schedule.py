"""Schedules are pure functions of the step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from overproof.study import Training
from overproof.training.schedule import learning_rate


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
