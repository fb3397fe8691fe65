"""What teachers are, whatever they are made of: a voice answers about rows, and an apprentice becomes a voice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import Dataset
from overproof.errors import ModelError

#: By how much answers about the same rows may differ, in units of the largest: rounding, and nothing else.
_UNSTEADY = 0.01


@dataclass(frozen=True, eq=False)
class Shown:
    """Rows as they are shown to a teacher."""

    data: Dataset
    """The whole data set: class names, columns, texts, names of rows."""
    rows: NDArray[np.int64]
    """Positions in it [rows]."""
    inputs: NDArray[Any]
    """What is seen of them: their inputs, or views of these [rows, *shape]."""

    @classmethod
    def of(cls, data: Dataset, rows: NDArray[np.int64]) -> Shown:
        """Rows as they are."""
        return cls(data, rows, data.inputs[rows])

    @property
    def texts(self) -> list[str]:
        """The texts of the rows, where rows are texts."""
        assert self.data.tokens is not None
        return [self.data.tokens.texts[row] for row in self.rows]


class Voice(ABC):
    """A teacher that can be asked."""

    name: str
    """In words, for results and messages."""
    sees_views: bool = True
    """Whether it answers about the inputs it is shown; False: about the rows themselves, whatever view is shown."""
    notes: tuple[str, ...] = ()
    """What a reader of the results should know of it: outputs that were reordered, how its numbers were taken, …."""

    @abstractmethod
    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """Soft targets: logits in the order of the data's classes, or values for regression, [rows, outputs].

        Raises:
            ModelError: when it cannot answer, or an answer is not finite, naming the row.
        """

    @abstractmethod
    def components(self) -> dict[str, Any] | None:
        """What its answers depend on beside the rows, as JSON values; None where that cannot be told."""


def check_steady(voice: Voice, data: Dataset) -> None:
    """See that a voice says the same about a row each time, whatever rows it is asked about beside it.

    Raises:
        ModelError: when it cannot answer, or does not.
    """
    rows = np.arange(2)
    first, again = (voice.answer(Shown.of(data, rows)) for _ in range(2))
    alone = voice.answer(Shown.of(data, rows[:1]))
    room = _UNSTEADY * (1 + float(np.abs(first).max()))
    if (moved := float(np.abs(first - again).max())) > room:
        raise ModelError(
            f"{voice.name} is not deterministic: asked twice about the same rows, its answers differ by {moved:.3g}; "
            "give it a fixed seed, and switch off what is random when it answers"
        )
    if (moved := float(np.abs(first[:1] - alone).max())) > room:
        raise ModelError(
            f"{voice.name}: its answer about a row differs by {moved:.3g} with the rows it is asked about beside it; "
            "an answer must be about its row alone"
        )


class Apprentice(ABC):
    """A teacher that is fitted in one go, anew in every split."""

    name: str
    memorises: bool = False
    """Whether it knows its own training rows by heart, so that its answers about them teach nothing."""

    @abstractmethod
    def fit(self, data: Dataset, rows: NDArray[np.int64], seed: int) -> Voice:
        """A voice that has learnt from some rows and nothing else.

        Args:
            data: the data set.
            rows: positions of the rows it may learn from.
            seed: decides whatever is random in it.

        Raises:
            ModelError: when it cannot be fitted.
        """

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What it is, as JSON values: settings and versions, another value of which makes another teacher."""
