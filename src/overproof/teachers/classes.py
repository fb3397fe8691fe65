"""The names of a teacher's outputs, matched with those of the data: reordered by name, or refused; never assumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import Dataset
from overproof.errors import ModelError

#: What the outputs are about.
NOUNS = {"binary": "classes", "multiclass": "classes", "multilabel": "labels", "regression": "values"}


@dataclass(frozen=True, eq=False)
class Order:
    """Where the data's classes stand among a teacher's outputs."""

    places: NDArray[np.int64]
    """Of every class of the data: the teacher's output that is about it [classes]."""
    notes: tuple[str, ...] = ()


def spelt(values: Iterable[Any]) -> tuple[str, ...]:
    """Class names as the data spell them: whole numbers by their decimal text, as labels are.

    Example:
        >>> spelt(np.array([0.0, 1.0])), spelt(["007", "NA"]), spelt(np.array([False, True]))
        (('0', '1'), ('007', 'NA'), ('0', '1'))
    """
    return tuple(map(_spelt, np.asarray(values).tolist() if isinstance(values, np.ndarray) else values))


def _spelt(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, bool | np.bool_) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return str(value)


def ordered(theirs: Sequence[str], data: Dataset, who: str) -> Order:
    """Match the names of a teacher's outputs with those of the data.

    Args:
        theirs: names in the order of the outputs.
        data: its classes are wanted.
        who: the teacher, for messages.

    Raises:
        ModelError: when a name stands twice, or the two do not have the same names.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> pets = from_arrays(np.zeros((2, 2)), ["cat", "dog"], "pets")
        >>> ordered(["dog", "cat"], pets, "teacher").places
        array([1, 0])
    """
    noun = NOUNS[data.task]
    twice = [name for place, name in enumerate(theirs) if name in theirs[:place]]
    if twice:
        raise ModelError(f"{who} names {twice[0]!r} twice among its {noun}; every output needs a name of its own")
    lacking, strange = _without(data.classes, theirs), _without(theirs, data.classes)
    if lacking or strange:
        complaints = [
            *([f"only in the teacher: {listed(strange)}"] if strange else []),
            *([f"only in the data: {listed(lacking)}"] if lacking else []),
        ]
        raise ModelError(
            f"{who} knows {len(theirs)} {noun}, the data have {len(data.classes)}; {'; '.join(complaints)}; the names "
            "must be the same, and teacher.classes gives them in the order of its outputs where it has others"
        )
    place_of = {name: place for place, name in enumerate(theirs)}
    places = np.array([place_of[name] for name in data.classes], dtype=np.int64)
    moved = not np.array_equal(places, np.arange(len(places)))
    return Order(places, (f"{who}: outputs reordered by the names of the {noun}",) if moved else ())


def match(theirs: Sequence[str] | None, given: Sequence[str] | None, data: Dataset, who: str) -> Order:
    """The order of a teacher's outputs: as the study gives it, or by the teacher's own names.

    Outputs without names are called 0, 1, …, so they fit data whose classes are called that.

    Args:
        theirs: names that the teacher has for its outputs; None: it has none.
        given: ``teacher.classes``.
        data: its classes are wanted.
        who: the teacher, for messages.

    Raises:
        ModelError: when the names differ, or there are none.
    """
    noun = NOUNS[data.task]
    known = given if given is not None else theirs
    if given is not None and theirs is not None and set(theirs) == set(data.classes) and tuple(theirs) != tuple(given):
        raise ModelError(
            f"{who} names its {noun} itself ({listed(theirs)}), and teacher.classes has another order; leave it out"
        )
    if known is None and (data.task == "regression" and len(data.classes) == 1):
        return Order(np.zeros(1, dtype=np.int64))
    if known is None:
        known = [str(place) for place in range(len(data.classes))]
        if set(known) != set(data.classes):
            raise ModelError(
                f"{who} does not say which {noun} its outputs are about, and an order is never assumed; list the "
                f"data's {noun} ({listed(data.classes)}) in the order of its outputs: teacher.classes = [...]"
            )
    return ordered(known, data, who)


def _without(names: Iterable[str], others: Iterable[str]) -> list[str]:
    kept = set(others)
    return [name for name in names if name not in kept]


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first names in quotes, and whether there are more."""
    return ", ".join(map(repr, names[:most])) + (", …" if len(names) > most else "")
