"""What the numbers of a teacher are, logits, probabilities or values, and how they become soft targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array
from overproof.data.dataset import Dataset
from overproof.errors import ModelError, OverproofError
from overproof.teachers.classes import Order
from overproof.teachers.teacher import Shown

Kind = Literal["auto", "logits", "probabilities", "values"]
Floats = NDArray[np.float64]

#: Probabilities are kept this far from 0 and 1 before they become logits: the resolution of float32 near 1.
FLOOR = 1e-7
#: Probabilities of a row add up to 1 within this, or they are not recognised as such …
TOLERANCE = 1e-3
#: … and within this, or they are refused where the study calls them probabilities.
_ROUNDED = 1e-2
#: From how many rows on single numbers in [0, 1] are more than chance.
_ENOUGH = 8


def are_probabilities(numbers: Floats, task: str) -> bool:
    """Whether numbers look like probabilities: all in [0, 1] and, for one of several classes, adding up to 1.

    Args:
        numbers: [rows, outputs].
        task: what is asked about a row.

    Example:
        >>> are_probabilities(np.array([[0.25, 0.75]]), "binary"), are_probabilities(np.array([[0.3, 0.9]]), "binary")
        (True, False)
    """
    if task == "regression" or not ((numbers >= 0) & (numbers <= 1)).all():
        return False
    if task == "multilabel" or numbers.shape[1] == 1:
        return len(numbers) >= _ENOUGH
    return bool((np.abs(numbers.sum(axis=1) - 1) <= TOLERANCE).all())


def refuse_percentages(numbers: Floats, task: str, who: str) -> None:
    """Refuse numbers that would be taken for logits, and add up to 100 in every row.

    Raises:
        ModelError: in that case.
    """
    if task not in ("binary", "multiclass") or numbers.shape[1] == 1 or (numbers < 0).any():
        return
    if (np.abs(numbers.sum(axis=1) - 100) <= 100 * _ROUNDED).all():
        raise ModelError(
            f"{who}: its outputs look like percentages, as every row adds up to 100; divide them by 100, or say "
            'teacher.output = "logits" if they are logits all the same'
        )


def as_logits(probabilities: Floats, task: str) -> Floats:
    """Logits with these probabilities, kept :data:`FLOOR` away from 0 (and, for several labels, from 1).

    Example:
        >>> as_logits(np.array([[0.0, 1.0]]), "binary").round(2)
        array([[-16.12,   0.  ]])
    """
    kept = probabilities.clip(FLOOR, 1 - FLOOR if task == "multilabel" else 1)
    logits: Floats = np.log(kept) - (np.log1p(-kept) if task == "multilabel" else 0)
    return logits


def name_of(data: Dataset, row: int) -> str:
    """How messages call a row."""
    return f"row {row:,}" if data.keys is None else f"row {data.keys[row]!r}"


@dataclass(frozen=True, eq=False)
class Reading:
    """How the numbers of one teacher are read."""

    who: str
    """The teacher, for messages."""
    kind: Kind
    """``auto``: logits, and refused where they look like probabilities."""
    order: Order

    def targets(self, said: Any, shown: Shown) -> NDArray[np.float32]:
        """Soft targets out of what a teacher said about rows.

        Args:
            said: [rows, outputs]; for one output, and for one of two classes (the second), also [rows].
            shown: the rows it was asked about.

        Raises:
            ModelError: for another shape, for numbers that are not finite, and for probabilities that are none or that
                nobody called probabilities.
        """
        data = shown.data
        numbers = self._shaped(said, shown)
        self._refuse_unless_finite(numbers, shown)
        kind = self.kind
        if kind == "probabilities":
            self._refuse_unless_probabilities(numbers, shown)
        elif kind == "auto" and are_probabilities(numbers, data.task):
            raise ModelError(
                f'{self.who}: its outputs look like probabilities; say teacher.output = "probabilities", or '
                '"logits" if they are logits all the same'
            )
        if kind == "auto":
            refuse_percentages(numbers, data.task, self.who)
        found = self._pair(numbers, kind) if numbers.shape[1] < len(data.classes) else numbers
        if kind == "probabilities":
            found = as_logits(found, data.task)
        return found[:, self.order.places].astype(np.float32)

    @staticmethod
    def _pair(numbers: Floats, kind: Kind) -> Floats:
        """Two outputs out of one about the second class: the same probabilities."""
        return np.hstack((1 - numbers if kind == "probabilities" else np.zeros_like(numbers), numbers))

    def _shaped(self, said: Any, shown: Shown) -> Floats:
        rows, outputs = len(shown.rows), len(shown.data.classes)
        try:
            array = as_array(said, "it")
            if array.dtype.kind not in "iufb":
                raise ModelError(f"{self.who} returned {_described(said)}; expected numbers, {(rows, outputs)}")
            numbers = array.astype(np.float64)
        except OverproofError as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"{self.who} returned {_described(said)}; expected an array, {(rows, outputs)}") from error
        if numbers.shape == (rows,):
            numbers = numbers.reshape(-1, 1)
        allowed = {(rows, outputs), *([(rows, 1)] if shown.data.task == "binary" else [])}
        if numbers.shape not in allowed:
            raise ModelError(
                f"{self.who} returned shape {array.shape}, expected {(rows, outputs)}: one row of {outputs} "
                f"output{'s' * (outputs > 1)} for each row it is asked about"
            )
        return numbers

    def _refuse_unless_finite(self, numbers: Floats, shown: Shown) -> None:
        finite = np.isfinite(numbers)
        if not finite.all():
            place = int((~finite.all(axis=1)).argmax())
            row = numbers[place]
            what = "NaN" if np.isnan(row).any() else "not finite"
            raise ModelError(
                f"{self.who}: the output for {name_of(shown.data, int(shown.rows[place]))} is {what} in "
                f"{int((~np.isfinite(row)).sum())} of {len(row)} numbers "
                f"({int((~finite.all(axis=1)).sum()):,} such rows); check the teacher and the scale of its inputs"
            )

    def _refuse_unless_probabilities(self, numbers: Floats, shown: Shown) -> None:
        wrong = ((numbers < -TOLERANCE) | (numbers > 1 + TOLERANCE)).any(axis=1)
        if wrong.any():
            place = int(wrong.argmax())
            value = numbers[place][np.abs(numbers[place] - 0.5).argmax()]
            self._no_probabilities(shown, place, f"is {value:g}, which is not in 0 to 1")
        sums = numbers.sum(axis=1)
        if shown.data.task in ("binary", "multiclass") and numbers.shape[1] > 1:
            off = np.abs(sums - 1) > _ROUNDED
            if off.any():
                self._no_probabilities(shown, int(off.argmax()), f"adds up to {sums[int(off.argmax())]:g} and not to 1")

    def _no_probabilities(self, shown: Shown, place: int, why: str) -> None:
        raise ModelError(
            f"{self.who}: what it says about {name_of(shown.data, int(shown.rows[place]))} {why}, so its outputs are "
            'no probabilities; say teacher.output = "logits" if they are logits'
        )


def _described(said: Any) -> str:
    shape = getattr(said, "shape", None)
    if isinstance(said, tuple | list | dict):
        return f"a {type(said).__name__} of {len(said)}"
    return type(said).__name__ + (f" of shape {tuple(shape)}" if shape is not None else "")
