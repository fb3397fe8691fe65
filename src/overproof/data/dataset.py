"""Rows with labels, held in memory: what every source becomes and every later stage reads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.answers import as_answers
from overproof.data.arrays import as_array
from overproof.data.columns import Column, numeric
from overproof.data.content import row_digests, row_ids
from overproof.data.inputs import as_inputs
from overproof.data.strata import Strata, strata_of
from overproof.errors import DataError, StudyError
from overproof.randomness import key

#: What a row is for: learning with its label, learning without one, or being the official test.
LABELLED, UNLABELLED, TEST = range(3)


@dataclass(frozen=True)
class Tokens:
    """How rows of text became rows of numbers."""

    texts: tuple[str, ...]
    """The text of every row."""
    vocabulary: int
    """Token numbers are below this."""
    padding: int
    """The token that fills a row up to its length; it means nothing."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows, and what is known about them.

    Example:
        >>> data = from_arrays([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["cat", "dog", "cat"], "pets")
        >>> len(data), data.shape, data.classes, data.subset([0, 2]).labels
        (3, (2,), ('cat', 'dog'), array([0, 0]))
    """

    name: str
    """Short, letters, digits, '_', '.' and '-' only: part of the run folder's name."""
    inputs: NDArray[Any]
    """[rows, *shape], float32; images are [rows, channels, height, width] in [0, 1] when they came as uint8; texts are
    token numbers [rows, length], int32."""
    labels: NDArray[Any]
    """Class numbers [rows], int64, 0..classes−1; several labels or values [rows, outputs], float32. Where a row has
    none: −1, or NaN."""
    ids: NDArray[np.uint64]
    """[rows], distinct; they depend on what is in a row and not on where it stands."""
    classes: tuple[str, ...]
    """Names of the classes, of the labels, or of the values: what the outputs of a model are about."""
    task: str = "multiclass"
    columns: tuple[Column, ...] | None = None
    """What the inputs of a table are; None where rows are no tables."""
    tokens: Tokens | None = None
    """None where rows are no texts."""
    keys: tuple[str, ...] | None = None
    """What the user calls each row; None: its place in the source, from 0."""
    groups: NDArray[np.int64] | None = None
    """[rows]: equal numbers never straddle a border; None where every row stands for itself."""
    times: NDArray[np.float64] | None = None
    """[rows]: what orders the rows; None where they have no order."""
    parts: NDArray[np.int8] | None = None
    """[rows]: :data:`LABELLED`, :data:`UNLABELLED` or :data:`TEST`; None where all are labelled."""
    notes: tuple[str, ...] = ()
    """What a reader of results should know of how the rows were read, one sentence each."""

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row's input."""
        return self.inputs.shape[1:]

    @property
    def part(self) -> NDArray[np.int8]:
        """What each row is for, [rows]."""
        return np.zeros(len(self), dtype=np.int8) if self.parts is None else self.parts

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, over all that is known about every row, in order."""
        whole = hashlib.sha256(json.dumps([len(self), self.facts()]).encode())
        whole.update(self.row_digests().tobytes())
        for array in self.arrays().values():
            whole.update(repr((array.dtype.str, array.shape)).encode())
            whole.update(np.ascontiguousarray(array).data)
        return whole.hexdigest()

    def facts(self) -> dict[str, Any]:
        """What is not an array, as JSON values, but the name; with :meth:`arrays` and the inputs it is the data set."""
        return {
            "classes": list(self.classes),
            "task": self.task,
            "columns": None if self.columns is None else [[each.name, each.categories] for each in self.columns],
            "tokens": None if self.tokens is None else asdict(self.tokens),
            "keys": self.keys,
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays beside the inputs that are there, each [rows, ...]."""
        found = {name: getattr(self, name) for name in ("labels", "ids", "groups", "times", "parts")}
        return {name: array for name, array in found.items() if array is not None}

    @classmethod
    def of(cls, name: str, facts: Mapping[str, Any], inputs: NDArray[Any], arrays: Mapping[str, Any]) -> Dataset:
        """The data set whose parts :meth:`facts` and :meth:`arrays` are."""
        columns, tokens, keys = (facts[key] for key in ("columns", "tokens", "keys"))
        return cls(
            name,
            inputs,
            classes=tuple(facts["classes"]),
            task=facts["task"],
            columns=columns and tuple(Column(called, values and tuple(values)) for called, values in columns),
            tokens=tokens and Tokens(**{**tokens, "texts": tuple(tokens["texts"])}),
            keys=keys and tuple(keys),
            **arrays,
        )

    def row_digests(self) -> NDArray[np.bytes_]:
        """SHA-256 of every row's inputs (not its label), hexadecimal, [rows], dtype S64; computed once."""
        return self._row_digests

    @cached_property
    def _row_digests(self) -> NDArray[np.bytes_]:
        return row_digests(self.inputs)

    def subset(self, positions: Sequence[int] | NDArray[np.int64]) -> Dataset:
        """The rows at ``positions``, in that order, with all class names."""
        rows = np.asarray(positions, dtype=np.int64)
        # a row keeps its name: its place in the source, where it has no other
        keys = self.keys or [str(place) for place in range(len(self))]
        tokens = self.tokens and replace(self.tokens, texts=tuple(self.tokens.texts[row] for row in rows))
        arrays: dict[str, Any] = {name: array[rows] for name, array in self.arrays().items()}
        return replace(self, inputs=self.inputs[rows], keys=tuple(keys[row] for row in rows), tokens=tokens, **arrays)


def from_arrays(
    inputs: Any,
    labels: Any,
    name: str,
    classes: Sequence[str] | None = None,
    *,
    task: str = "auto",
    called: tuple[str, str] = ("inputs", "labels"),
) -> Dataset:
    """Build a data set from numpy arrays, torch tensors or lists, after checking them.

    Args:
        inputs: numbers, [rows, features], [rows, steps, features] or images; uint8 is divided by 255, other numbers are
            kept. Where the channels of images are found: :mod:`overproof.data.inputs`. Rows of features are a table of
            numbers, unless they are pixels.
        labels: text or numbers, [rows], or [rows, outputs]; see :mod:`overproof.data.answers`.
        name: short name; characters that a folder's name should not have become '-'.
        classes: class names in their order; None takes the labels that occur, sorted.
        task: what is asked about a row; ``auto`` looks at the labels.
        called: what messages call the two.

    Raises:
        DataError: counts that differ, values that are not finite, fewer than two classes, Python objects, ….

    Example:
        >>> from_arrays(np.zeros((2, 28, 28), dtype=np.uint8), [7, 3], "two zeros").shape
        (1, 28, 28)
    """
    given = as_array(inputs, called[0])
    numbers = as_inputs(given, called[0])
    table = numbers.ndim == 2 and given.dtype != np.uint8
    columns = numeric(numbers.shape[1]) if table else None
    return assembled(numbers, labels, name, classes, task=task, called=called, columns=columns)


def assembled(
    inputs: NDArray[Any],
    labels: Any,
    name: str,
    classes: Sequence[str] | None = None,
    *,
    task: str = "auto",
    called: tuple[str, str] = ("inputs", "labels"),
    **beside: Any,
) -> Dataset:
    """A data set whose inputs were checked already; its labels are checked here.

    Args:
        inputs: as :attr:`Dataset.inputs`.
        labels: [rows] or [rows, outputs].
        name: as for :func:`from_arrays`, like the rest.
        classes: names in their order, or None.
        task: as the study says it.
        called: what messages call inputs and labels.
        **beside: other fields of the data set: ``columns``, ``tokens``, ``keys``, ….

    Raises:
        DataError: when inputs and labels do not fit together, or the labels do not fit the task.
    """
    answers = as_array(labels, called[1])
    if answers.ndim > 0 and len(inputs) != len(answers):
        raise DataError(
            f"{called[0]} has {len(inputs):,} rows, {called[1]} has {len(answers):,}; every row needs one label"
        )
    numbers, names, found = as_answers(answers, task, classes, called[1])
    ids = row_ids(row_digests(inputs), numbers)
    return Dataset(_short(name), inputs, numbers, ids, names, found, **beside)


def limited(dataset: Dataset, limit: int, seed: int) -> Dataset:
    """A stratified choice of ``limit`` rows, in the order of the file.

    With the same seed a smaller choice is part of a larger one. Every class keeps its share of the rows, and at least
    one row.

    Args:
        dataset: to choose from; returned as it is when it has no more rows than ``limit``.
        limit: rows to keep.
        seed: the study's.

    Raises:
        StudyError: when the limit is smaller than the number of classes.
    """
    labelled = np.flatnonzero(dataset.part == LABELLED)
    if limit >= len(labelled):
        return dataset
    strata = Strata(strata_of(dataset.labels[labelled], dataset.task), dataset.ids[labelled], np.arange(len(labelled)))
    present = strata.classes(np.arange(len(labelled)))
    if limit < present and dataset.task in ("binary", "multiclass"):
        raise StudyError(
            f"data.limit = {limit} leaves some of the {present} classes without a row; use at least {present}"
        )
    chosen = labelled[strata.order(np.arange(len(labelled)), key(seed, "limit"))[:limit]]
    return dataset.subset(np.sort(np.concatenate((chosen, np.flatnonzero(dataset.part != LABELLED)))))


def has_gaps_or_words(data: Dataset) -> bool:
    """Whether rows are a table with categories among its columns, or with missing cells."""
    columns = data.columns or ()
    return any(column.categories for column in columns) or (
        data.columns is not None and bool(np.isnan(data.inputs).any())
    )


def _short(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:40] or "data"
