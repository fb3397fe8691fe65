"""A small multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from torch import nn

from overproof.models.architecture import Reference


@dataclass(frozen=True, kw_only=True)
class MLP(Reference):
    """Two hidden layers of ``width`` units with ReLU; rows of any shape are flattened.

    Example:
        >>> sum(p.numel() for p in MLP(width=16).build((1, 8, 8), 10).parameters())
        1482
    """

    width: Annotated[int, Field(ge=1)] = 128
    """Units of each hidden layer."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Probability that a hidden unit is dropped in training."""

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Fresh weights for rows of ``shape``."""
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(shape), self.width),
            nn.ReLU(),
            nn.Dropout(self.dropout),
            nn.Linear(self.width, self.width),
            nn.ReLU(),
            nn.Dropout(self.dropout),
            nn.Linear(self.width, classes),
        )
