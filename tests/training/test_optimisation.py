"""Optimisers step as PyTorch's do; clipping is per member."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from overproof.study import Training
from overproof.training.optimisation import clip, optimiser


def _adamw(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=0.1, weight_decay=0.1, fused=True)


def _sgd(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)


@pytest.mark.parametrize(("name", "pytorchs"), [("adamw", _adamw), ("sgd", _sgd)])
def test_steps_are_pytorchs_to_the_bit(
    name: str, pytorchs: Callable[[list[nn.Parameter]], torch.optim.Optimizer]
) -> None:
    """Also where a parameter has no gradient at some steps, and from a state that was saved and loaded."""
    torch.manual_seed(0)
    recipe = Training.model_validate({"optimiser": name, "weight_decay": 0.1})
    ours = [nn.Parameter(torch.randn(3, 2)), nn.Parameter(torch.randn(4))]
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    mine, reference = optimiser(ours, recipe), pytorchs(theirs)
    for step in range(6):
        rate = 0.1 / (step + 1)
        reference.param_groups[0]["lr"] = rate
        for own, other in zip(ours, theirs, strict=True):
            skipped = own.dim() == 1 and step in (0, 3)
            own.grad = None if skipped else torch.randn_like(own)
            other.grad = None if own.grad is None else own.grad.clone()
        if step == 4:
            saved = {key: tensor.clone() for key, tensor in mine.state().items()}
            kept = [own.grad for own in ours]
            mine = optimiser(ours, recipe)
            mine.load(saved)
            for own, gradient in zip(ours, kept, strict=True):
                own.grad = gradient
        mine.step(rate)
        reference.step()
        assert all(torch.equal(own, other) for own, other in zip(ours, theirs, strict=True))
        assert all(own.grad is None for own in ours)


def test_gradients_that_a_module_brings_are_forgotten() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    parameter.grad = torch.ones(1)
    optimiser([parameter], Training())
    assert parameter.grad is None


def test_pytorchs_compiler_is_not_loaded() -> None:
    """It takes a second or two, in every process."""
    lines = [
        "import sys, torch",
        "from overproof.models.cost import macs",
        "from overproof.study import Training",
        "from overproof.training.optimisation import optimiser",
        "module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(72, 2))",
        "assert macs(module, torch.zeros(1, 1, 8, 8)) == 2 * 9 * 36 + 144",
        "for name in ('adamw', 'sgd'):",
        "    mine = optimiser(list(module.parameters()), Training(optimiser=name))",
        "    module(torch.zeros(1, 1, 8, 8)).sum().backward()",
        "    mine.step(0.1)",
        "sys.exit('torch._dynamo' in sys.modules)",
    ]
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)], check=False).returncode == 0


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
