"""Running a model over many rows, without gradients."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.errors import ModelError
from overproof.models.architecture import eval_mode, logits_of

#: Rows per forward pass. Always this many, the last batch padded: the bits of a row may depend on the batch size.
BATCH = 256


@torch.inference_mode()
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
    home = next((parameter.device for parameter in module.parameters()), device)
    module.to(device)
    try:
        parts = []
        with eval_mode(module):
            for start in range(0, len(inputs), BATCH):
                rows = np.arange(start, start + BATCH).clip(max=len(inputs) - 1)
                part = logits_of(module(torch.from_numpy(inputs[rows]).to(device)))
                parts.append(part.float().cpu().numpy()[: len(inputs) - start])
    finally:
        module.to(home)
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
