"""What a model costs: parameters, bytes, and multiply-accumulate operations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry, sdpa_flop_count

from overproof.models.architecture import eval_mode

#: What a training step costs on one core of a small machine, roughly: this much, and this much for each operation.
STEP_SECONDS, MAC_SECONDS = 1e-3, 1e-10

#: A training step costs this many forward passes: one forwards, and about two backwards.
PASSES_PER_STEP = 3


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
    """Multiply-accumulate operations for one row: half of the operations that PyTorch's formulas count.

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
        with eval_mode(module), _Flops() as counted:  # type: ignore[no-untyped-call]
            module(row)
        return int(counted.flops) // 2
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        return None


def training_seconds(steps: int, rows: int, operations: int) -> float:
    """About how long training takes on one core of a small machine: enough to choose by, nothing to promise.

    Args:
        steps: how many, all epochs together.
        rows: of a batch.
        operations: multiply-accumulate operations for one row forwards; backwards costs twice as much again.

    Returns:
        Seconds.
    """
    return steps * (STEP_SECONDS + PASSES_PER_STEP * rows * operations * MAC_SECONDS)


#: Counted like attention elsewhere; PyTorch's registry lacks it.
_ATTENTION_ON_A_CPU = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


def _attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query.shape, key.shape, value.shape))  # type: ignore[no-untyped-call]


class _Flops(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the operations of what is computed inside, by PyTorch's formulas.

    PyTorch's own ``FlopCounterMode`` would load its compiler, which takes longer than a forward pass of most models.
    """

    flops = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:  # PyTorch's hook: as it is by default, the first operation loads the compiler
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Perform an operation, or those that it is made of, and count."""
        kwargs = kwargs or {}
        formula = _attention if func.overloadpacket is _ATTENTION_ON_A_CPU else flop_registry.get(func.overloadpacket)
        if formula is None:
            with self:
                made = func.decompose(*args, **kwargs)
            if made is not NotImplemented:
                return made
        result = func(*args, **kwargs)
        if formula is not None:
            self.flops += int(formula(*args, **kwargs, out_val=result))
        return result
