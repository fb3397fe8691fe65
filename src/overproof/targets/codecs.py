"""How outputs are stored: whole (dense), or the k largest logits and the probability that is left (top-k).

A codec is a pair of pure functions between float32 outputs and what a shard holds, with the NumPy type of one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from overproof.errors import DataError, StudyError
from overproof.study import SoftTargets

Precision = Literal["float32", "float16"]


class Codec(Protocol):
    """A way to store outputs."""

    @property
    def facts(self) -> dict[str, Any]:
        """Its name and settings, for the store's key."""

    def stored(self, shape: Sequence[int]) -> np.dtype[Any]:
        """The type of one stored row whose outputs have ``shape``."""

    def encode(self, outputs: NDArray[np.float32], first: int = 0) -> NDArray[Any]:
        """What is stored of outputs [rows, *shape].

        Args:
            outputs: what the teacher said.
            first: the number of the first row, for messages.

        Raises:
            DataError: when a value is too large for the type, naming the row.
        """

    def decode(self, stored: NDArray[Any], shape: Sequence[int]) -> NDArray[np.float32]:
        """Outputs [rows, *shape] from what was stored."""

    def promised(
        self, live: NDArray[np.float32], read: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The part of live outputs and of stored ones that the codec keeps, [rows, values] each, to be compared."""


@dataclass(frozen=True)
class Dense:
    """Every output as it is, of any shape.

    Example:
        >>> codec = Dense("float16")
        >>> codec.decode(codec.encode(np.array([[1.0, 0.1]], dtype=np.float32)), (2,))
        array([[1.        , 0.09997559]], dtype=float32)
    """

    dtype: Precision = "float32"

    @property
    def facts(self) -> dict[str, Any]:
        """Name and type."""
        return {"name": "dense", "dtype": self.dtype}

    def stored(self, shape: Sequence[int]) -> np.dtype[Any]:
        """Numbers of ``shape``."""
        return np.dtype((_little(self.dtype), tuple(shape)))

    def encode(self, outputs: NDArray[np.float32], first: int = 0) -> NDArray[Any]:
        """Rounded to the type."""
        return _fitting(outputs, self.dtype, first)

    def decode(self, stored: NDArray[Any], shape: Sequence[int]) -> NDArray[np.float32]:
        """As float32."""
        return stored.astype(np.float32, copy=False)

    def promised(
        self, live: NDArray[np.float32], read: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Everything."""
        rows = len(live)
        return live.reshape(rows, -1).astype(np.float64), read.reshape(rows, -1).astype(np.float64)


@dataclass(frozen=True)
class TopK:
    """The k largest logits of [classes], and the probability of all other classes together.

    Read back, the others share that probability equally: with L = log Σ exp(kept logits) and rest mass r, each of the
    C − k others has the logit L + log(r / (1 − r)) − log(C − k). Probabilities at temperature 1 therefore keep the mass
    of every kept class and of the rest. A rest mass that underflows is read as the smallest positive float32.

    Example:
        >>> codec, logits = TopK(1), np.log(np.array([[0.8, 0.15, 0.05]], dtype=np.float32))
        >>> softmax(codec.decode(codec.encode(logits), (3,)), axis=1).round(3)
        array([[0.8, 0.1, 0.1]], dtype=float32)
    """

    k: int
    dtype: Precision = "float32"

    @property
    def facts(self) -> dict[str, Any]:
        """Name, k and type."""
        return {"name": "topk", "k": self.k, "dtype": self.dtype}

    def stored(self, shape: Sequence[int]) -> np.dtype[Any]:
        """A record: indices (uint16 up to 65,536 classes, else uint32), logits, rest mass (float32)."""
        index = "<u2" if shape[0] <= 1 << 16 else "<u4"
        return np.dtype([("index", index, (self.k,)), ("logit", _little(self.dtype), (self.k,)), ("rest", "<f4")])

    def encode(self, outputs: NDArray[np.float32], first: int = 0) -> NDArray[Any]:
        """The k largest, in the order of the classes."""
        rows, classes = outputs.shape
        kept = np.sort(np.argpartition(outputs, classes - self.k, axis=1)[:, classes - self.k :], axis=1)
        probabilities = softmax(outputs.astype(np.float64), axis=1)
        np.put_along_axis(probabilities, kept, 0.0, axis=1)
        stored = np.empty(rows, self.stored(outputs.shape[1:]))
        stored["index"] = kept
        stored["logit"] = _fitting(np.take_along_axis(outputs, kept, axis=1), self.dtype, first)
        stored["rest"] = probabilities.sum(axis=1)
        return stored

    def decode(self, stored: NDArray[Any], shape: Sequence[int]) -> NDArray[np.float32]:
        """Dense logits [rows, classes]."""
        logits = stored["logit"].astype(np.float32)
        rest = np.maximum(stored["rest"], np.finfo(np.float32).tiny).astype(np.float64)
        others = logsumexp(logits.astype(np.float64), axis=1) + np.log(rest) - np.log1p(-rest)
        outputs = np.empty((len(stored), *shape), dtype=np.float32)
        outputs[:] = (others - np.log(shape[0] - self.k))[:, np.newaxis]
        np.put_along_axis(outputs, stored["index"].astype(np.int64), logits, axis=1)
        return outputs

    def promised(
        self, live: NDArray[np.float32], read: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities of the k classes that were kept, and of the rest."""
        kept = np.argpartition(read, read.shape[1] - self.k, axis=1)[:, read.shape[1] - self.k :]

        def part(logits: NDArray[np.float32]) -> NDArray[np.float64]:
            probabilities = np.take_along_axis(softmax(logits.astype(np.float64), axis=1), kept, axis=1)
            return np.concatenate([probabilities, 1 - probabilities.sum(axis=1, keepdims=True)], axis=1)

        return part(live), part(read)


def codec(table: SoftTargets, shape: Sequence[int]) -> Codec:
    """The codec that ``[targets]`` asks for, for outputs of ``shape``.

    Raises:
        StudyError: when top-k makes no sense for such outputs.
    """
    if table.codec == "dense":
        return Dense(table.dtype)
    assert table.k is not None, "the study sees to it"
    if len(shape) != 1:
        raise StudyError(
            f'targets.codec = "topk" is for class logits, these outputs have shape {tuple(shape)}; use "dense"'
        )
    if table.k >= shape[0]:
        raise StudyError(f'targets.k = {table.k}, but there are {shape[0]} classes; use fewer, or codec "dense"')
    return TopK(table.k, table.dtype)


def _little(dtype: Precision) -> str:
    return {"float32": "<f4", "float16": "<f2"}[dtype]


def _fitting(values: NDArray[np.float32], dtype: Precision, first: int) -> NDArray[Any]:
    """Values in a smaller type, none of which became infinite."""
    with np.errstate(over="ignore"):
        smaller = values.astype(_little(dtype))
    fits = np.isfinite(smaller).reshape(len(values), -1).all(axis=1)
    if not fits.all():
        row = int((~fits).argmax())
        raise DataError(
            f"the output for row {first + row} has {float(np.abs(values[row]).max()):.6g}, too large for {dtype} "
            f'(at most {np.finfo(dtype).max:,.0f}); use targets.dtype = "float32"'
        )
    return smaller
