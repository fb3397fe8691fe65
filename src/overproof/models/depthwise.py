"""MobileNet: convolutions taken apart into one per channel, and one across channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field
from torch import nn

from overproof.models.architecture import Kind, Reference
from overproof.models.convolutions import he, refuse_unless_images

#: Channels after the first convolution and after each block, and whether the image is halved there (table 1).
_FIRST = (32, True)
_BLOCKS = ((64, False), (128, True), (128, False), (256, True), (256, False), (512, True), *((512, False),) * 5)
_LAST = ((1024, True), (1024, False))


@dataclass(frozen=True, kw_only=True)
class Depthwise(Reference):
    """MobileNet (the first): a 3×3 convolution, then 13 blocks of a 3×3 convolution per channel and a 1×1 across them.

    Every convolution has batch normalisation and ReLU; ``width`` multiplies all channels. The first version, whose
    blocks have no shortcuts, is what small machines run fastest, and what MLPerf Tiny measures (at width 0.25).

    Small images are halved less often: of the five places where the paper halves them the last ones are kept, as many
    as leave 2×2 pixels or more. That is four for 28×28 and 32×32, and two for 8×8. Howard et al., 2017.

    Example:
        >>> def count(width, shape, classes):
        ...     return sum(p.numel() for p in Depthwise(width=width).build(shape, classes).parameters())
        >>> print(f"{count(1.0, (3, 224, 224), 1000):,} {count(0.25, (3, 32, 32), 10):,}")
        4,231,976 215,642
    """

    takes: ClassVar[tuple[Kind, ...]] = ("images",)
    paper: ClassVar[str | None] = "https://arxiv.org/abs/1704.04861"

    width: Annotated[float, Field(gt=0, le=4)] = 0.25
    """Multiplies the paper's channels."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Probability that an input of the last layer is dropped in training."""

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Fresh weights for images of ``shape`` [channels, height, width].

        Raises:
            ModelError: for rows that are not images of at least 2×2.
        """
        refuse_unless_images("depthwise", shape, 2)
        before, stride = self._layers(shape)[0]
        layers: list[nn.Module] = [*_convolution(shape[0], before, 3, stride)]
        for after, stride in self._layers(shape)[1:]:
            layers += [*_convolution(before, before, 3, stride, groups=before), *_convolution(before, after, 1)]
            before = after
        return he(
            nn.Sequential(
                *layers,
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Dropout(self.dropout),
                nn.Linear(before, classes),
            )
        )

    def _layers(self, shape: Sequence[int]) -> list[tuple[int, int]]:
        """Channels and stride of the first convolution and of every block."""
        paper = (_FIRST, *_BLOCKS, *_LAST)
        spare = sum(halved for _, halved in paper) - _halvings(min(shape[1:]))
        layers = []
        for channels, halved in paper:
            kept = halved and spare <= 0
            spare -= halved
            layers.append((max(1, round(channels * self.width)), 2 if kept else 1))
        return layers


def _halvings(side: int) -> int:
    """How often a side can be halved, rounded up, until it is 2."""
    return (side - 1).bit_length() - 1


def _convolution(before: int, after: int, size: int, stride: int = 1, groups: int = 1) -> Iterator[nn.Module]:
    yield nn.Conv2d(before, after, size, stride, padding=size // 2, groups=groups, bias=False)
    yield nn.BatchNorm2d(after)
    yield nn.ReLU()
