from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from overproof.errors import ModelError
from overproof.models.architecture import Architecture
from overproof.models.resnet import ResNet
from overproof.models.stacking import why_not


# Table 6 of the paper says 0.27, 0.46, 0.66 and 0.85 million; the exact numbers are those of Idelbayev's reproduction.
@pytest.mark.parametrize(("depth", "wanted"), [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018)])
def test_parameters_on_cifar(depth: Any, wanted: int) -> None:
    assert sum(parameter.numel() for parameter in ResNet(depth=depth).build((3, 32, 32), 10).parameters()) == wanted


@pytest.mark.parametrize("depth", [8, 14, 20, 32, 44, 56])
def test_depth_counts_layers_with_weights(depth: Any) -> None:
    module = ResNet(depth=depth).build((3, 32, 32), 10)
    assert sum(isinstance(part, nn.Conv2d | nn.Linear) for part in module.modules()) == depth


def test_the_stages_halve_the_image_and_double_the_channels() -> None:
    module: Any = ResNet(depth=14, width=6).build((1, 28, 28), 3)
    seen: list[tuple[int, ...]] = []
    for part in module:
        part.register_forward_hook(lambda part, given, found: seen.append(tuple(found.shape[1:])))
    module(torch.rand(2, 1, 28, 28))
    assert seen == [
        *[(6, 28, 28)] * 5,
        *[(12, 14, 14)] * 2,
        *[(24, 7, 7)] * 2,
        (24, 1, 1),
        (24,),
        (3,),
    ]


def test_a_block_that_adds_nothing_is_a_shortcut_of_option_a() -> None:
    # zero weights of the last normalisation leave the shortcut alone: every other pixel, new channels zero
    module: Any = ResNet(depth=8, width=4).build((3, 8, 8), 2).eval()
    block = module[4]
    nn.init.zeros_(block.second_norm.weight)
    images = torch.rand(2, 4, 8, 8)
    found = block(images)
    assert found.shape == (2, 8, 4, 4)
    assert torch.equal(found[:, 2:6], images[:, :, ::2, ::2])
    assert not found[:, [0, 1, 6, 7]].any()


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 5, 9), (3, 33, 17)])
def test_images_of_many_sizes(shape: tuple[int, int, int]) -> None:
    module = ResNet(depth=8, width=3).build(shape, 7)
    rows = torch.rand(4, *shape)
    assert module(rows).shape == (4, 7)
    assert module.eval()(rows[:1]).isfinite().all()
    module.train()(rows[:1])  # a batch of one can be normalised, since there is more than one pixel


def test_signals_keep_their_size() -> None:
    torch.manual_seed(0)
    module: Any = ResNet(depth=56).build((3, 32, 32), 10).train()
    logits: Tensor = module(torch.randn(16, 3, 32, 32))
    assert 0.05 < float(logits.detach().std()) < 50
    assert all(torch.isfinite(parameter).all() for parameter in module.parameters())
    weight = module[10].first.weight.detach()
    assert weight.std().item() == pytest.approx((2 / (9 * weight.shape[1])) ** 0.5, rel=0.1)


def test_it_stacks() -> None:
    architecture = Architecture.of("resnet", ResNet(depth=8, width=4))
    modules = [architecture.fresh((1, 8, 8), 3, number) for number in range(2)]
    assert why_not(modules, torch.rand(4, 1, 8, 8)) is None


def test_it_learns() -> None:
    torch.manual_seed(0)
    module, rows = ResNet(depth=8, width=4).build((1, 8, 8), 2), torch.randn(64, 1, 8, 8)
    labels = (avg_pool2d(rows, 8).flatten() > 0).long()
    optimiser = torch.optim.AdamW(module.parameters(), 3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(module(rows), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float(loss.detach()) < 0.2


@pytest.mark.parametrize("shape", [(30,), (8, 8), (1, 4, 8), (1, 8, 4)])
def test_rows_that_are_no_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        ResNet().build(shape, 10)
    assert str(caught.value) == (
        f"resnet needs images [channels, height, width] of at least 5×5, the data's rows have shape {shape}; use mlp"
    )
