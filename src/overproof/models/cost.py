"""What a model costs: parameters, bytes, and multiply-accumulate operations."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from overproof.models.architecture import eval_mode


def parameters(module: nn.Module) -> int:
    """How many trainable or frozen parameters a module has.

    Example:
        >>> parameters(nn.Linear(3, 2))
        8
    """
    return sum(parameter.numel() for parameter in module.parameters())


def size(module: nn.Module) -> int:
    """Bytes of a module's weights and buffers as stored.

    Example:
        >>> size(nn.Linear(3, 2))
        32
    """
    return sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())


@torch.no_grad()
def macs(module: nn.Module, row: Tensor) -> int | None:
    """Multiply-accumulate operations for one row: half of what PyTorch's flop counter counts.

    Args:
        module: any module; run in eval mode, its mode is restored.
        row: one row's input, shape [1, ...].

    Returns:
        The count (matrix products, convolutions and attention), or None where the counter cannot follow the module.

    Example:
        >>> macs(nn.Linear(3, 2), torch.zeros(1, 3))
        6
    """
    try:
        with eval_mode(module), FlopCounterMode(display=False) as counter:
            module(row)
        return int(counter.get_total_flops()) // 2
    except (RuntimeError, NotImplementedError, TypeError):
        return None
