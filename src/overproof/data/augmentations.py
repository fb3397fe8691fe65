"""The augmentations: what can be done to a row without changing what it shows. All of them keep its shape and dtype."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from overproof.data.draws import Draws, below, fractions, happens, normals

NOISE = 0.1
"""Standard deviation of the noise, in standard deviations of the feature."""
MASKED = 0.1
"""Probability that a feature is hidden."""


@dataclass(frozen=True, eq=False)
class Material:
    """What an augmentation may use besides the row itself."""

    mean: Tensor | None = None
    """Of each feature over training rows, for ``mask``: [features], or [batch, features]."""
    deviation: Tensor | None = None
    """Standard deviation of each feature over training rows, for ``noise``: same shape."""
    partners: Tensor | None = None
    """The rows to mix in, for ``mixup``: the inputs' shape."""


@dataclass(frozen=True)
class Augmentation:
    """What it does, and to which rows."""

    apply: Callable[[Tensor, Draws, Material], Tensor]
    rows: Literal["images", "features", "any"]
    """``images``: [channels, height, width]. ``features``: the last axis are features, and there are no images."""

    def fits(self, axes: int) -> bool:
        """Whether it can be applied to rows of so many axes."""
        return {"images": axes == 3, "features": axes in (1, 2), "any": True}[self.rows]


def crop(images: Tensor, draws: Draws, _: Material) -> Tensor:
    """Move each image by up to an eighth of its size (at least one pixel) in both directions, and fill up with zeros.

    The same as padding and cutting out a random part, as He et al. do with 4 of 32 pixels (arXiv:1512.03385). Zeros
    invent nothing: a reflected border can turn one digit into another.
    """
    down, right = draws.bits(2).unbind(1)
    reach_down, reach_right = (max(1, size // 8) for size in images.shape[2:])
    return cut_out(
        images, below(down, 2 * reach_down + 1), below(right, 2 * reach_right + 1), (reach_down, reach_right)
    )


def cut_out(images: Tensor, top: Tensor, left: Tensor, padding: tuple[int, int]) -> Tensor:
    """Pad images with zeros on all sides and cut out windows of their own size.

    Args:
        images: [batch, channels, height, width].
        top: where each window begins in the padded image, int64 [batch], from 0 to twice the padding.
        left: likewise.
        padding: rows above and below, columns to the left and right.

    Returns:
        The same shape.

    Example:
        >>> cut_out(torch.tensor([[[[1, 2], [3, 4]]]]), torch.tensor([0]), torch.tensor([1]), (1, 1)).tolist()
        [[[[0, 0], [1, 2]]]]
    """
    height, width = images.shape[2:]
    padded = pad(images, (padding[1], padding[1], padding[0], padding[0]))
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(len(images), device=images.device), :, top, left]


def flip(images: Tensor, draws: Draws, _: Material) -> Tensor:
    """Exchange left and right with probability ½."""
    flipped = happens(draws.bits(1), 0.5)
    return torch.where(flipped.view(-1, 1, 1, 1), images.flip(-1), images)


def cutout(images: Tensor, draws: Draws, _: Material) -> Tensor:
    """Set one square to zero, its side a quarter of the height; DeVries and Taylor, arXiv:1708.04552.

    Its centre is any pixel, so that a part of it may lie outside, as in the paper.
    """
    height, width = images.shape[2:]
    side = max(1, height // 4)
    down, right = draws.bits(2).unbind(1)
    in_rows = _within(below(down, height) - side // 2, side, height).unsqueeze(2)
    in_columns = _within(below(right, width) - side // 2, side, width).unsqueeze(1)
    return torch.where((in_rows & in_columns).unsqueeze(1), 0, images)


def _within(start: Tensor, length: int, size: int) -> Tensor:
    """Which of ``size`` places lie in ``length`` of them from ``start`` [batch]: bool [batch, size]."""
    place = torch.arange(size, device=start.device) - start.unsqueeze(1)
    return (place >= 0) & (place < length)


def noise(rows: Tensor, draws: Draws, material: Material) -> Tensor:
    """Add normal noise of 0.1 standard deviations to each feature."""
    assert material.deviation is not None, "noise needs the features' standard deviations"
    wide = torch.promote_types(rows.dtype, torch.float32)
    drawn = normals(draws.bits(math.prod(rows.shape[1:]))).view(rows.shape)
    return (rows.to(wide) + drawn * (NOISE * _beside(rows, material.deviation))).to(rows.dtype)


def mask(rows: Tensor, draws: Draws, material: Material) -> Tensor:
    """Replace each feature, with probability 0.1, by its mean over training rows."""
    assert material.mean is not None, "mask needs the features' means"
    hidden = happens(draws.bits(math.prod(rows.shape[1:])), MASKED).view(rows.shape)
    return torch.where(hidden, _beside(rows, material.mean).to(rows.dtype), rows)


def _beside(rows: Tensor, features: Tensor) -> Tensor:
    """One number per feature, or per row and feature, in a shape that broadcasts against the rows."""
    return features if features.ndim == 1 else features.view(len(rows), *[1] * (rows.ndim - 2), -1)


def mixup(inputs: Tensor, draws: Draws, material: Material) -> Tensor:
    """Mix each row with its partner: λ · row + (1 − λ) · partner; Zhang et al., arXiv:1710.09412."""
    assert material.partners is not None, "mixup needs the partners' inputs"
    wide = torch.promote_types(inputs.dtype, torch.float32)
    own = mixing_weight(draws).to(wide).view(-1, *[1] * (inputs.ndim - 1))
    return (own * inputs.to(wide) + (1 - own) * material.partners.to(wide)).to(inputs.dtype)


def mixing_weight(draws: Draws) -> Tensor:
    """λ of the paper, from Beta(1, 1) and folded so that the row dominates: uniform on [½, 1], float32 [batch]."""
    return 0.5 + 0.5 * fractions(draws.bits(1).squeeze(1))


def mixing_partner(draws: Draws, rows: int) -> Tensor:
    """Which of ``rows`` rows is mixed in: int64 [batch], all equally likely."""
    return below(draws.bits(2)[:, 1], rows)  # the second number; the first is the weight


AUGMENTATIONS = {
    "crop": Augmentation(crop, "images"),
    "flip": Augmentation(flip, "images"),
    "cutout": Augmentation(cutout, "images"),
    "noise": Augmentation(noise, "features"),
    "mask": Augmentation(mask, "features"),
    "mixup": Augmentation(mixup, "any"),
}
