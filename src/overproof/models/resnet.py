"""Residual networks for small images, as He et al. made them for CIFAR-10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import pad, relu

from overproof.models.architecture import Kind, Reference
from overproof.models.convolutions import he, refuse_unless_images


@dataclass(frozen=True, kw_only=True)
class ResNet(Reference):
    """A 3×3 convolution, three stages of residual blocks, ``width``, 2· and 4·``width`` channels wide, and the mean.

    A stage has (``depth`` − 2) / 6 blocks of two 3×3 convolutions with batch normalisation. The second and third stage
    halve the image; shortcuts across a border have no weights (option A): every other pixel, and zeros for the
    channels that are new. He et al., 2015, section 4.2; weights are drawn as in He et al., 2015 (arXiv:1502.01852).

    Example:
        >>> for depth in (20, 32, 44, 56):  # on CIFAR-10
        ...     print(f"{sum(p.numel() for p in ResNet(depth=depth).build((3, 32, 32), 10).parameters()):,}")
        269,722
        464,154
        658,586
        853,018
    """

    takes: ClassVar[tuple[Kind, ...]] = ("images",)
    paper: ClassVar[str | None] = "https://arxiv.org/abs/1512.03385"

    depth: Literal[8, 14, 20, 32, 44, 56] = 20
    """Layers with weights."""
    width: Annotated[int, Field(ge=1)] = 16
    """Channels of the first stage."""

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Fresh weights for images of ``shape`` [channels, height, width].

        Raises:
            ModelError: for rows that are not images of at least 5×5.
        """
        refuse_unless_images("resnet", shape, 5)
        blocks = [
            _Block(self.width * max(1, stage if number else stage // 2), self.width * stage, 1 if number else stride)
            for stage, stride in ((1, 1), (2, 2), (4, 2))
            for number in range((self.depth - 2) // 6)
        ]
        return he(
            nn.Sequential(
                nn.Conv2d(shape[0], self.width, 3, padding=1, bias=False),
                nn.BatchNorm2d(self.width),
                nn.ReLU(),
                *blocks,
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(4 * self.width, classes),
            )
        )


class _Block(nn.Module):
    """Two convolutions, and what came in added to what comes out."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.stride, self.new = stride, after - before
        self.first = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)

    def forward(self, images: Tensor) -> Tensor:
        """Images [batch, channels, height, width] to as many of as many or twice the channels."""
        inner = self.second_norm(self.second(relu(self.first_norm(self.first(images)))))
        short = images[..., :: self.stride, :: self.stride] if self.stride > 1 else images
        if self.new:
            short = pad(short, (0, 0, 0, 0, self.new // 2, self.new - self.new // 2))
        return relu(inner + short)
