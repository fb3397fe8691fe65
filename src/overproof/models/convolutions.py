"""What models of images have in common: which rows they take, and how their weights begin."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from overproof.errors import ModelError


def refuse_unless_images(model: str, shape: Sequence[int], least: int) -> None:
    """See that rows are images of at least ``least`` × ``least``.

    Args:
        model: its name, for the message.
        shape: of one row.
        least: pixels of the shorter side.

    Raises:
        ModelError: when they are not.
    """
    if len(shape) != 3 or min(shape[1:]) < least:
        raise ModelError(
            f"{model} needs images [channels, height, width] of at least {least}×{least}, the data's rows have shape "
            f"{tuple(shape)}; use mlp"
        )


def he(network: nn.Sequential) -> nn.Sequential:
    """Draw the weights of all layers anew so that ReLU keeps the size of signals (He et al., arXiv:1502.01852, eq. 10).

    Example:
        >>> weight = he(nn.Sequential(nn.Conv2d(100, 50, 3)))[0].weight.detach()
        >>> abs(weight.std().item() / (2 / (9 * 100)) ** 0.5 - 1) < 0.05
        True
    """
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.bias)
    return network
