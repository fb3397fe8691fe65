"""Optimisers, and the length of gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from overproof.study import Training


class Optimiser(Protocol):
    """What changes parameters; works element by element, so stacked members do not disturb each other.

    PyTorch's own classes would do, but their first step loads its compiler, which takes longer than many a student
    needs to train. These call the same kernels.
    """

    def step(self, rate: float) -> None:
        """Change every parameter that has a gradient, and forget the gradients."""

    def state(self) -> dict[str, Tensor]:
        """What it remembers from step to step, by name."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""


def optimiser(parameters: Sequence[Tensor], recipe: Training) -> Optimiser:
    """The optimiser of a recipe."""
    return _OPTIMISERS[recipe.optimiser](parameters, recipe.weight_decay)


class _Slots(ABC):
    """Parameters, and tensors that are remembered for each of them."""

    names: tuple[str, ...]

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        for parameter in parameters:
            parameter.grad = None
        self._parameters, self._decay = parameters, weight_decay
        self._slots = {name: [self._start(name, parameter) for parameter in parameters] for name in self.names}

    @staticmethod
    def _start(name: str, parameter: Tensor) -> Tensor:
        return torch.zeros((), device=parameter.device) if name == "step" else torch.zeros_like(parameter.detach())

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Change every parameter that has a gradient, and forget the gradients."""
        moved = [index for index, parameter in enumerate(self._parameters) if parameter.grad is not None]
        parameters = [self._parameters[index] for index in moved]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if moved:
            slots = {name: [own[index] for index in moved] for name, own in self._slots.items()}
            self._change(parameters, gradients, slots, rate)
        for parameter in parameters:
            parameter.grad = None

    @abstractmethod
    def _change(
        self, parameters: list[Tensor], gradients: list[Tensor], slots: Mapping[str, list[Tensor]], rate: float
    ) -> None:
        """Change parameters, and what is remembered for them, in place."""

    def state(self) -> dict[str, Tensor]:
        """What is remembered, by slot and number of the parameter."""
        return {f"{name}.{index}": slot for name, own in self._slots.items() for index, slot in enumerate(own)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""
        for name, slot in self.state().items():
            slot.copy_(state[name])


class AdamW(_Slots):
    """Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), with PyTorch's betas and epsilon."""

    names = ("exp_avg", "exp_avg_sq", "step")

    def _change(
        self, parameters: list[Tensor], gradients: list[Tensor], slots: Mapping[str, list[Tensor]], rate: float
    ) -> None:
        adamw(
            parameters,
            gradients,
            slots["exp_avg"],
            slots["exp_avg_sq"],
            [],
            slots["step"],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=self._decay,
            eps=1e-8,
            maximize=False,
        )


class SGD(_Slots):
    """Stochastic gradient descent with Nesterov momentum 0.9 (Sutskever et al., ICML 2013)."""

    names = ("momentum_buffer",)

    def _change(
        self, parameters: list[Tensor], gradients: list[Tensor], slots: Mapping[str, list[Tensor]], rate: float
    ) -> None:
        buffers: list[Tensor | None] = [*slots["momentum_buffer"]]
        sgd(
            parameters,
            gradients,
            buffers,
            weight_decay=self._decay,
            momentum=0.9,
            lr=rate,
            dampening=0.0,
            nesterov=True,
            maximize=False,
        )


_OPTIMISERS: dict[str, type[_Slots]] = {"adamw": AdamW, "sgd": SGD}


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
