from __future__ import annotations

import pytest
import torch
from torch import nn

from overproof.models.mlp import MLP


@pytest.mark.parametrize(
    ("shape", "width", "classes"), [((1, 8, 8), 16, 10), ((64,), 16, 10), ((3, 5), 1, 2), ((2, 3, 4, 5), 7, 3)]
)
def test_shapes_and_parameters(shape: tuple[int, ...], width: int, classes: int) -> None:
    module = MLP(width=width).build(shape, classes)
    assert module(torch.zeros(5, *shape)).shape == (5, classes)
    inputs = torch.Size(shape).numel()
    by_hand = inputs * width + width + width * width + width + width * classes + classes
    assert sum(parameter.numel() for parameter in module.parameters()) == by_hand


def test_dropout_acts_on_both_hidden_layers_in_training_only() -> None:
    module = MLP(dropout=0.5).build((4,), 3)
    assert [part.p for part in module.modules() if isinstance(part, nn.Dropout)] == [0.5, 0.5]
    rows = torch.ones(8, 4)
    module.train()
    assert not torch.equal(module(rows), module(rows))
    module.eval()
    assert torch.equal(module(rows), module(rows))
    plain = MLP().build((4,), 3).train()
    assert torch.equal(plain(rows), plain(rows))
