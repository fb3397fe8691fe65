"""The networks of a cohort: members of one architecture behind one face.

Every tensor that goes in or comes out has the member axis first, so the loop is written once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor, nn
from torch.func import functional_call

from overproof.models.architecture import logits_of


class Networks(Protocol):
    """The networks of the members of one cohort."""

    @property
    def members(self) -> int:
        """How many members there are."""

    @property
    def parameters(self) -> list[nn.Parameter]:
        """What the optimiser updates."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """Logits [members, batch, classes] for inputs [members, batch, ...]."""

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
    def parameters(self) -> list[nn.Parameter]:
        """The module's parameters that are not frozen."""
        return [parameter for parameter in self._module.parameters() if parameter.requires_grad]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Logits [1, batch, classes] for inputs [1, batch, ...]."""
        return logits_of(self._module(inputs[0])).unsqueeze(0)

    def train(self, mode: bool) -> None:
        """Switch between train and eval mode."""
        self._module.train(mode)

    def state(self) -> dict[str, Tensor]:
        """Parameters and buffers with a member axis of one."""
        return {name: tensor.detach().unsqueeze(0) for name, tensor in self._module.state_dict().items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state with a member axis of one."""
        self._module.load_state_dict({name: tensor[0] for name, tensor in state.items()})

    def forward_without_trace(self, inputs: Tensor) -> Tensor:
        """As calling it, but running statistics stay as they were."""
        copies = {name: buffer.clone() for name, buffer in self._module.named_buffers()}
        return logits_of(functional_call(self._module, copies, (inputs[0],))).unsqueeze(0)
