from __future__ import annotations

import pytest
import torch

from overproof.errors import ModelError
from overproof.models.cnn import CNN


@pytest.mark.parametrize(
    ("shape", "width", "classes"), [((1, 8, 8), 4, 10), ((3, 28, 28), 2, 5), ((2, 4, 9), 1, 2), ((1, 5, 4), 3, 2)]
)
def test_shapes_and_parameters(shape: tuple[int, int, int], width: int, classes: int) -> None:
    module = CNN(width=width).build(shape, classes)
    assert module(torch.zeros(5, *shape)).shape == (5, classes)
    channels, height, across = shape
    pooled = (height // 2 // 2) * (across // 2 // 2)
    convolutions = (9 * channels + 1) * width + (9 * width + 1) * 2 * width
    by_hand = convolutions + (2 * width * pooled + 1) * classes
    assert sum(parameter.numel() for parameter in module.parameters()) == by_hand


def test_dropout_acts_in_training_only() -> None:
    module, rows = CNN(dropout=0.5).build((1, 8, 8), 3), torch.ones(8, 1, 8, 8)
    module.train()
    assert not torch.equal(module(rows), module(rows))
    module.eval()
    assert torch.equal(module(rows), module(rows))
    plain = CNN().build((1, 8, 8), 3).train()
    assert torch.equal(plain(rows), plain(rows))


@pytest.mark.parametrize("shape", [(64,), (8, 8), (1, 3, 8), (1, 8, 3), (1, 1, 8, 8)])
def test_rows_that_are_no_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        CNN().build(shape, 10)
    assert str(caught.value) == (
        f"cnn needs images [channels, height, width] of at least 4×4, the data's rows have shape {shape}; use mlp"
    )
