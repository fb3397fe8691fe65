"""Running a model over many rows, without gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.errors import ModelError
from overproof.models.architecture import eval_mode, logits_of, memory_format

#: Rows per forward pass: few enough that activations stay in a CPU's cache. Always this many, the last batch padded,
#: since the bits of a row may depend on the batch size.
BATCH = 64


@contextmanager
def placed(module: nn.Module, device: torch.device) -> Iterator[torch.memory_format]:
    """Keep a module on a device, in the memory format that suits it, and put it back as it was.

    Inside such a block for the same device another one costs nothing.
    """
    home = next((parameter.device for parameter in module.parameters()), device)
    layout = memory_format(module)
    there = home == device and (layout == torch.contiguous_format or _is_channels_last(module))
    if there:
        yield layout
        return
    module.to(device, memory_format=layout)  # type: ignore[call-overload]
    try:
        yield layout
    finally:
        module.to(home, memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def _is_channels_last(module: nn.Module) -> bool:
    weights = [part.weight for part in module.modules() if isinstance(part, nn.Conv2d)]
    return all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def predict(
    module: nn.Module, inputs: NDArray[np.float32], ids: NDArray[np.uint64], device: torch.device
) -> NDArray[np.float32]:
    """Logits of a module for every row, in eval mode.

    Args:
        module: any classifier; its mode and device are restored.
        inputs: shape [rows, ...].
        ids: names of the rows, for messages.
        device: where to compute.

    Returns:
        Shape [rows, classes], float32.

    Raises:
        ModelError: when an output is not finite, naming the row.
    """
    parts = []
    with placed(module, device) as layout, eval_mode(module), torch.inference_mode():
        for start in range(0, len(inputs), BATCH):
            rows = np.arange(start, start + BATCH).clip(max=len(inputs) - 1)
            batch = torch.from_numpy(inputs[rows]).to(device, memory_format=layout)
            parts.append(logits_of(module(batch)).float().cpu().numpy()[: len(inputs) - start])
    logits = np.concatenate(parts)
    _refuse_unless_finite(logits, ids)
    return logits


def _refuse_unless_finite(logits: NDArray[np.float32], ids: NDArray[np.uint64]) -> None:
    finite = np.isfinite(logits).all(axis=1)
    if not finite.all():
        row = int((~finite).argmax())
        bad = int((~np.isfinite(logits[row])).sum())
        raise ModelError(
            f"the output for row {ids[row]} is not finite in {bad} of {logits.shape[1]} logits "
            f"({int((~finite).sum()):,} such rows); check the model's weights and the scale of its inputs"
        )
