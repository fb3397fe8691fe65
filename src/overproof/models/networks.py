"""The networks of a cohort: members of one architecture behind one face.

Every tensor that goes in or comes out has the member axis first, so the loop is written once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from overproof.models.architecture import logits_of


class Networks(Protocol):
    """The networks of the members of one cohort."""

    @property
    def members(self) -> int:
        """How many members there are."""

    @property
    def parameters(self) -> list[Tensor]:
        """What the optimiser updates: with several members, the member axis is first."""

    def __call__(self, inputs: Tensor, *, trace: bool = True) -> Tensor:
        """Logits for a batch.

        Args:
            inputs: shape [members, batch, ...].
            trace: whether running statistics (of batch normalisation) may be updated.

        Returns:
            Shape [members, batch, classes].
        """

    def train(self, mode: bool) -> None:
        """Switch all members between train and eval mode."""

    def state(self) -> dict[str, Tensor]:
        """Parameters and buffers by name, each [members, ...]; they change as training goes on."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""


class Separate:
    """A cohort of one member: an ordinary module, called as its author wrote it."""

    members = 1

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    @property
    def parameters(self) -> list[Tensor]:
        """The module's parameters that are not frozen."""
        return [parameter for parameter in self._module.parameters() if parameter.requires_grad]

    def __call__(self, inputs: Tensor, *, trace: bool = True) -> Tensor:
        """Logits [1, batch, classes] for inputs [1, batch, ...]."""
        if trace:
            return logits_of(self._module(inputs[0])).unsqueeze(0)
        copies = {name: buffer.clone() for name, buffer in self._module.named_buffers()}
        return logits_of(functional_call(self._module, copies, (inputs[0],))).unsqueeze(0)

    def train(self, mode: bool) -> None:
        """Switch between train and eval mode."""
        self._module.train(mode)

    def state(self) -> dict[str, Tensor]:
        """Parameters and buffers with a member axis of one."""
        return {name: tensor.detach().unsqueeze(0) for name, tensor in self._module.state_dict().items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state with a member axis of one."""
        self._module.load_state_dict({name: tensor[0] for name, tensor in state.items()})


class Stacked:
    """Many members as one model: each parameter is one tensor with the member axis first, each layer one operation.

    Dropout draws one mask for all members, the mask that a separate member would draw from the same seed.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self.members = len(modules)
        self._parameters, self._buffers = stack_module_state(list(modules))
        self._saved = list(modules[0].state_dict())
        self._shape = copy.deepcopy(modules[0]).to("meta")  # its code without its weights

    @property
    def parameters(self) -> list[Tensor]:
        """The stacked parameters that are not frozen."""
        return [parameter for parameter in self._parameters.values() if parameter.requires_grad]

    def __call__(self, inputs: Tensor, *, trace: bool = True) -> Tensor:
        """Logits [members, batch, classes] for inputs [members, batch, ...]."""
        buffers = self._buffers if trace else {name: buffer.clone() for name, buffer in self._buffers.items()}
        forward: Callable[..., Tensor] = vmap(self._one, randomness="same")
        with sdpa_kernel(SDPBackend.MATH):  # no other kernel of attention can be stacked on every device
            return forward(self._parameters, buffers, inputs)

    def train(self, mode: bool) -> None:
        """Switch all members between train and eval mode."""
        self._shape.train(mode)

    def state(self) -> dict[str, Tensor]:
        """Parameters and buffers, stacked."""
        tensors = {**self._parameters, **self._buffers}
        return {name: tensors[name].detach() for name in self._saved}

    @torch.no_grad()
    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over a stacked state."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    def _one(self, parameters: Mapping[str, Tensor], buffers: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        return logits_of(functional_call(self._shape, (dict(parameters), dict(buffers)), (inputs,)))
