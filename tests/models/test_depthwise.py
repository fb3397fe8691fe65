from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from overproof.errors import ModelError
from overproof.models.architecture import Architecture
from overproof.models.cost import macs
from overproof.models.depthwise import Depthwise
from overproof.models.stacking import why_not


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_it_is_the_paper_s_network() -> None:
    # table 4 of the paper: 569 million operations and 4.2 million parameters at width 1
    module = Depthwise(width=1.0).build((3, 224, 224), 1000)
    assert parameters(module) == 4_231_976
    assert macs(module, torch.zeros(1, 3, 224, 224)) == 568_740_352
    # and table 6: 0.5 million at width 0.25
    assert round(parameters(Depthwise(width=0.25).build((3, 224, 224), 1000)) / 1e6, 1) == 0.5


def test_it_has_as_many_parameters_as_timm_s(timm: Any) -> None:
    assert parameters(timm.create_model("mobilenetv1_100")) == 4_231_976


# Small images: the sizes that come out of the last convolution, and how often they were halved.
@pytest.mark.parametrize(
    ("side", "left", "halvings"), [(2, 2, 0), (3, 2, 1), (8, 2, 2), (28, 2, 4), (32, 2, 4), (64, 2, 5), (224, 7, 5)]
)
def test_small_images_are_halved_less_often(side: int, left: int, halvings: int) -> None:
    module: Any = Depthwise(width=0.05).build((1, side, side), 3)
    body = nn.Sequential(*list(module)[:-4])
    assert body(torch.zeros(2, 1, side, side)).shape[2:] == (left, left)
    strides = [part.stride[0] for part in body.modules() if isinstance(part, nn.Conv2d)]
    assert strides.count(2) == halvings
    halved = [number for number, stride in enumerate(strides) if stride == 2]
    assert halved == [0, 3, 7, 11, 23][5 - halvings :]  # the last of the paper's


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 32), (2, 2, 9)])
def test_shapes(shape: tuple[int, int, int]) -> None:
    module = Depthwise(width=0.1, dropout=0.2).build(shape, 5)
    assert module(torch.rand(4, *shape)).shape == (4, 5)
    assert module.train()(torch.rand(1, *shape)).isfinite().all()


def test_it_stacks() -> None:
    architecture = Architecture.of("depthwise", Depthwise(width=0.05, dropout=0.2))
    modules = [architecture.fresh((1, 8, 8), 3, number) for number in range(2)]
    assert why_not(modules, torch.rand(4, 1, 8, 8)) is None


@pytest.mark.parametrize("shape", [(30,), (8, 8), (1, 1, 8)])
def test_rows_that_are_no_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"^depthwise needs images \[channels, height, width\] of at least 2×2, the "):
        Depthwise().build(shape, 10)
