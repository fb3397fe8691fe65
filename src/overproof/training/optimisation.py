"""Optimisers and learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from overproof.study import Training

#: Share of the steps that one-cycle spends rising, and the factors by which it starts and ends below its top
#: (Smith and Topin, arXiv:1708.07120).
_RISE, _START, _END = 0.3, 1 / 25, 1 / 25e4


def optimiser(parameters: Sequence[Tensor], recipe: Training) -> torch.optim.Optimizer:
    """The optimiser of a recipe; works element by element, so stacked members do not disturb each other."""
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=0.9, nesterov=True, weight_decay=decay)
    return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True)


def learning_rate(recipe: Training, step: int, steps: int) -> float:
    """The rate at ``step`` (from 0) of ``steps``: a pure function, so there is no schedule state to save.

    Example:
        >>> recipe = Training(learning_rate=1.0)
        >>> [round(learning_rate(recipe, step, 4), 3) for step in range(4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    share = step / steps
    match recipe.schedule:
        case "constant":
            return recipe.learning_rate
        case "cosine":
            return recipe.learning_rate * _cosine(1.0, 0.0, share)
        case "one-cycle":
            rising = share < _RISE
            factor = (
                _cosine(_START, 1.0, share / _RISE) if rising else _cosine(1.0, _END, (share - _RISE) / (1 - _RISE))
            )
            return recipe.learning_rate * factor


def clip(parameters: Sequence[Tensor], largest: float, members: int) -> None:
    """Scale each member's gradient down to norm ``largest`` where it is longer.

    Args:
        parameters: with gradients; with several members the first axis is the member.
        largest: greater than 0.
        members: how many share these parameters; with one, parameters have no member axis.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    squares = torch.stack([gradient.reshape(members, -1).square().sum(1) for gradient in gradients]).sum(0)
    factor = (largest / (squares.sqrt() + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.reshape(-1, *[1] * (gradient.dim() - 1)) if members > 1 else factor.squeeze(0))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
