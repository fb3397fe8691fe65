"""What is to be learnt about each row: a class, several labels, or values; and which task that makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from overproof.data.labels import as_labels


class Answers(NamedTuple):
    """What the rows are labelled with."""

    labels: NDArray[Any]
    """Class numbers [rows], int64; or several labels (0 or 1) or values [rows, outputs], float32."""
    names: tuple[str, ...]
    """Of the classes, labels or values."""
    task: str


def as_answers(
    values: Any, task: str = "auto", classes: Sequence[str] | None = None, called: str = "labels"
) -> Answers:
    """Check ``values`` and bring them into the form that the task learns from.

    Args:
        values: [rows], or [rows, outputs] for several labels or values.
        task: as the study says it; ``auto`` looks at the values.
        classes: names in their order; None takes what the values say.
        called: what messages call them.

    Raises:
        DataError: when they do not fit the task.
    """
    numbers, names = as_labels(values, classes, called)
    return Answers(numbers, names, ("binary" if len(names) == 2 else "multiclass") if task == "auto" else task)
