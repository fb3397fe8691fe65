"""A small convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field
from torch import nn

from overproof.models.architecture import Kind, Reference
from overproof.models.convolutions import refuse_unless_images


@dataclass(frozen=True, kw_only=True)
class CNN(Reference):
    """Two 3×3 convolutions of ``width`` and 2·``width`` channels, each with ReLU and 2×2 max-pooling, then one layer.

    Example:
        >>> sum(p.numel() for p in CNN(width=4).build((1, 8, 8), 10).parameters())
        666
    """

    takes: ClassVar[tuple[Kind, ...]] = ("images",)

    width: Annotated[int, Field(ge=1)] = 16
    """Channels of the first convolution."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Probability that an input of the last layer is dropped in training."""

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Fresh weights for images of ``shape`` [channels, height, width].

        Raises:
            ModelError: for rows that are not images of at least 4×4.
        """
        refuse_unless_images("cnn", shape, 4)
        channels, height, width = shape
        return nn.Sequential(
            nn.Conv2d(channels, self.width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(self.width, 2 * self.width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(self.dropout),
            nn.Linear(2 * self.width * (height // 4) * (width // 4), classes),
        )
