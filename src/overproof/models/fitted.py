"""What a network needs around it to meet raw rows: a table's columns encoded, and values in their own unit.

Both are fitted on the rows that a member is trained on and on no others, are kept as buffers beside its weights, and
so go wherever it goes: into the run folder, and onto the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overproof.data.dataset import Dataset
from overproof.models import weights
from overproof.models.architecture import Architecture, eval_mode, logits_of
from overproof.models.columns import Encoding, TableFront

#: Where the state of a fitted network holds the scale of its values.
SCALE = "back.scale"


class Fitted(nn.Module):
    """A network between what encodes its rows and what brings its outputs into their own unit."""

    def __init__(self, front: TableFront | None, body: nn.Module, back: Unit | None, *, pair: bool) -> None:
        super().__init__()
        self.front, self.body, self.back, self.pair = front, body, back, pair

    def forward(self, rows: Tensor) -> Tensor:
        """Outputs [batch, outputs] for rows [batch, ...]."""
        said = logits_of(self.body(rows if self.front is None else self.front(rows)))
        said = said.unsqueeze(-1) if said.dim() == 1 else said
        if self.pair:
            said = torch.cat((torch.zeros_like(said), said), dim=-1)
        return said if self.back is None else self.back(said)

    def fit(self, inputs: NDArray[np.float32], labels: NDArray[Any]) -> None:
        """Take from training rows what is fitted.

        Args:
            inputs: of the rows [rows, ...].
            labels: theirs, [rows, outputs] where outputs have a unit.
        """
        if self.front is not None:
            self.front.fit(inputs)
        if self.back is not None:
            self.back.fit(labels)


class Unit(nn.Module):
    """From standardised values to values in their own unit: ``value · scale + centre``."""

    centre: Tensor
    scale: Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(outputs))
        self.register_buffer("scale", torch.ones(outputs))

    def forward(self, values: Tensor) -> Tensor:
        """Values of the same shape, [..., outputs]."""
        return values * self.scale + self.centre

    def fit(self, values: NDArray[Any]) -> None:
        """Take mean and standard deviation of ``values`` [rows, outputs]; of a constant, the deviation is 1."""
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415 (slow to import, and needed here only)

        found = StandardScaler().fit(np.asarray(values, dtype=np.float64))
        self.centre.copy_(torch.from_numpy(found.mean_))
        self.scale.copy_(torch.from_numpy(found.scale_))


class Pair(nn.Module):
    """A model that gives one number for one of two classes, as two logits: ``[0, z]`` has the same probabilities."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, rows: Tensor) -> Tensor:
        """Logits [batch, 2]."""
        said = logits_of(self.body(rows)).reshape(len(rows), 1)
        return torch.cat((torch.zeros_like(said), said), dim=-1)


def around(architecture: Architecture, data: Dataset) -> Architecture:
    """An architecture whose networks meet the raw rows of a data set.

    Args:
        architecture: of networks for encoded rows and standardised values.
        data: the data set.

    Returns:
        The same where nothing is needed around its networks.
    """
    encoding = None if data.columns is None else Encoding.of(data.columns, data.inputs)
    front = None if encoding is None else TableFront(encoding)
    rows = torch.from_numpy(data.inputs[:2])
    shown = rows if front is None else front(rows)
    pair = data.task == "binary" and _one_number(_fresh(architecture, shown, len(data.classes)), shown)
    if front is None and data.task != "regression" and not pair:
        return architecture

    def build(shape: Sequence[int], classes: int) -> nn.Module:
        del shape  # the network meets encoded rows
        body = architecture.build(shown.shape[1:], classes)
        if not isinstance(body, nn.Module):
            return body
        own = None if encoding is None else TableFront(encoding)
        return Fitted(own, body, Unit(classes) if data.task == "regression" else None, pair=pair)

    return replace(architecture, build=build)


def with_weights(architecture: Architecture, path: Path, data: Dataset) -> nn.Module:
    """A network with the weights of a file; those of an earlier run are loaded with what was fitted around it.

    Args:
        architecture: of the bare network.
        path: as for :func:`overproof.models.weights.load`.
        data: the rows it meets.

    Raises:
        OverproofError: when the file cannot be read, or does not fit.
    """
    state = weights.load(path)
    module = architecture.fresh(data.shape, len(data.classes), "shape only")
    if state.keys() != module.state_dict().keys() and any(name.startswith("body.") for name in state):
        module = around(architecture, data).fresh(data.shape, len(data.classes), "shape only")
    weights.load_into(module, state, str(path))
    return module


def inner_shape(data: Dataset) -> tuple[int, ...]:
    """Shape of the rows that a network itself meets."""
    return data.shape if data.columns is None else (Encoding.of(data.columns, data.inputs).width,)


def says_one_number(module: nn.Module, data: Dataset) -> bool:
    """Whether a model says one number about each of two classes' rows, where two logits are expected."""
    return _one_number(module, torch.from_numpy(data.inputs[:2]))


def _fresh(architecture: Architecture, rows: Tensor, outputs: int) -> nn.Module | None:
    try:
        return architecture.fresh(rows.shape[1:], outputs, "shape only")
    except Exception:  # it is built again where its mistake has a place in a sentence
        return None


@torch.no_grad()
def _one_number(module: nn.Module | None, rows: Tensor) -> bool:
    if module is None:
        return False
    try:
        with eval_mode(module):
            return logits_of(module(rows)).shape in ((len(rows),), (len(rows), 1))
    except Exception:  # likewise
        return False
