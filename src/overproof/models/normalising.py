"""What pretrained models of images want done to values in [0, 1]: subtract a mean, divide by a deviation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Normalise:
    """Normalises images, channel by channel.

    It is a hook of the model and no layer around it, so that the names of the model's weights stay its own.

    Example:
        >>> Normalise((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), channels=1)(torch.ones(1, 1, 1, 2))
        tensor([[[[2., 2.]]]])
    """

    def __init__(self, mean: Sequence[float], deviation: Sequence[float], channels: int) -> None:
        self.mean, self.deviation = _of(mean, channels), _of(deviation, channels)

    def __call__(self, images: Tensor) -> Tensor:
        """Normalised images of the same shape, [batch, channels, height, width]."""
        mean, deviation = (
            torch.tensor(values, dtype=images.dtype, device=images.device).reshape(-1, 1, 1)
            for values in (self.mean, self.deviation)
        )
        return (images - mean) / deviation


def _of(values: Sequence[float], channels: int) -> tuple[float, ...]:
    """The values where there is one for each channel, else their mean for all of them."""
    if len(values) == channels:
        return tuple(float(value) for value in values)
    return (sum(values) / len(values),) * channels
