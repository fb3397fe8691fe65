from __future__ import annotations

import torch
from torch import Tensor, nn

from overproof.models.cnn import CNN
from overproof.models.cost import macs, parameters, size
from overproof.models.mlp import MLP


def test_mlp_by_hand() -> None:
    module = MLP(width=16).build((1, 8, 8), 10)
    assert parameters(module) == (64 + 1) * 16 + (16 + 1) * 16 + (16 + 1) * 10 == 1482
    assert size(module) == 4 * 1482
    assert macs(module, torch.zeros(1, 1, 8, 8)) == 64 * 16 + 16 * 16 + 16 * 10 == 1440


def test_cnn_by_hand() -> None:
    module = CNN(width=4).build((1, 8, 8), 10)
    assert parameters(module) == (9 + 1) * 4 + (4 * 9 + 1) * 8 + (8 * 2 * 2 + 1) * 10 == 666
    assert size(module) == 4 * 666
    assert macs(module, torch.zeros(1, 1, 8, 8)) == 64 * 9 * 4 + 16 * 9 * 4 * 8 + 32 * 10 == 7232


def test_frozen_parameters_count_and_buffers_take_bytes() -> None:
    module = nn.Sequential(nn.Linear(3, 2).requires_grad_(requires_grad=False), nn.BatchNorm1d(2).half())
    assert parameters(module) == 8 + 4
    # BatchNorm: weight, bias, running mean and variance in half precision, and a counter of eight bytes
    assert size(module) == 4 * 8 + 2 * 8 + 8


def test_the_mode_is_restored() -> None:
    module = MLP(dropout=0.5).build((4,), 3).train()
    macs(module, torch.zeros(1, 4))
    assert all(part.training for part in module.modules())


class Refusing(nn.Module):
    """Cannot be run."""

    def forward(self, rows: Tensor) -> Tensor:
        raise NotImplementedError


def test_what_cannot_be_counted_is_none() -> None:
    module = Refusing().train()
    assert macs(module, torch.zeros(1, 4)) is None
    assert module.training


def test_attention_is_counted() -> None:
    class Attention(nn.Module):
        def forward(self, states: Tensor) -> Tensor:
            return nn.functional.scaled_dot_product_attention(states, states, states)

    # scores, and what they weigh: 7 × 7 pairs of 8 numbers, for each of 2 heads
    assert macs(Attention(), torch.zeros(1, 2, 7, 8)) == 2 * (2 * 7 * 7 * 8)
