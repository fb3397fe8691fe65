"""What a cohort has learnt so far: losses by epoch, and each member's best weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass
class History:
    """Losses by epoch, each a list of one number per member."""

    hard: list[list[float]] = field(default_factory=list)
    soft: list[list[float]] = field(default_factory=list)
    validation: list[list[float]] = field(default_factory=list)
    best_epoch: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the run folder."""
        return {
            "hard": self.hard,
            "soft": self.soft,
            "validation": self.validation,
            "best_epoch": self.best_epoch,
        }


@dataclass
class Best:
    """Each member's weights at its lowest validation loss; without validation rows, its last."""

    loss: Tensor
    """Shape [members]."""
    epoch: Tensor
    """Shape [members], int64, from 0."""
    patience: int | None = None
    """A member that has not improved for so many epochs has ended, whatever it would do later."""
    state: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def none_yet(cls, members: int, patience: int | None) -> Best:
        """Before the first epoch."""
        return cls(torch.full((members,), torch.inf), torch.full((members,), -1), patience)

    def offer(self, epoch: int, losses: Tensor | None, state: Mapping[str, Tensor]) -> None:
        """Keep the weights of every member that is better than before.

        Args:
            epoch: from 0.
            losses: validation losses [members], or None to keep the newest whatever it is.
            state: parameters and buffers, each [members, ...].
        """
        if losses is None:
            better = torch.ones(len(self.loss), dtype=torch.bool)
        else:
            better = (losses < self.loss) & ~self._ended(epoch - 1)
            self.loss = torch.where(better, losses, self.loss)
        self.epoch = torch.where(better, epoch, self.epoch)
        if bool(better.all()):
            self.state = {name: tensor.clone() for name, tensor in state.items()}
        elif bool(better.any()):
            self.state = {name: _choose(better, tensor, self.state[name]) for name, tensor in state.items()}

    def all_ended(self, epoch: int) -> bool:
        """Whether no member has patience left after ``epoch``."""
        return bool(self._ended(epoch).all())

    def _ended(self, epoch: int) -> Tensor:
        if self.patience is None:
            return torch.zeros(len(self.epoch), dtype=torch.bool)
        return epoch - self.epoch >= self.patience


def _choose(better: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return torch.where(better.to(new.device).reshape(-1, *[1] * (new.dim() - 1)), new, old)
