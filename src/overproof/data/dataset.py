"""Rows with labels, held in memory: what every source becomes and every later stage reads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array
from overproof.data.content import row_digests, row_ids
from overproof.data.inputs import as_inputs
from overproof.data.labels import as_labels
from overproof.data.strata import Strata
from overproof.errors import DataError, StudyError
from overproof.randomness import key


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set for classification.

    Example:
        >>> data = from_arrays([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["cat", "dog", "cat"], "pets")
        >>> len(data), data.shape, data.classes, data.subset([0, 2]).labels
        (3, (2,), ('cat', 'dog'), array([0, 0]))
    """

    name: str
    """Short, letters, digits, '_', '.' and '-' only: part of the run folder's name."""
    inputs: NDArray[np.float32]
    """[rows, *shape]; images are [rows, channels, height, width] in [0, 1] when they came as uint8."""
    labels: NDArray[np.int64]
    """[rows], 0..classes−1."""
    ids: NDArray[np.uint64]
    """[rows], distinct; they depend on what is in a row and not on where it stands."""
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row's input."""
        return self.inputs.shape[1:]

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, over every row's content, label and id, in order, and the class names."""
        whole = hashlib.sha256(json.dumps([len(self), list(self.classes)]).encode())
        whole.update(self.row_digests().tobytes())
        whole.update(self.labels.astype("<i8").tobytes())
        whole.update(self.ids.astype("<u8").tobytes())
        return whole.hexdigest()

    def row_digests(self) -> NDArray[np.bytes_]:
        """SHA-256 of every row's inputs (not its label), hexadecimal, [rows], dtype S64; computed once."""
        return self._row_digests

    @cached_property
    def _row_digests(self) -> NDArray[np.bytes_]:
        return row_digests(self.inputs)

    def subset(self, positions: Sequence[int] | NDArray[np.int64]) -> Dataset:
        """The rows at ``positions``, in that order, with all class names."""
        rows = np.asarray(positions, dtype=np.int64)
        return Dataset(self.name, self.inputs[rows], self.labels[rows], self.ids[rows], self.classes)


def from_arrays(
    inputs: Any,
    labels: Any,
    name: str,
    classes: Sequence[str] | None = None,
    *,
    called: tuple[str, str] = ("inputs", "labels"),
) -> Dataset:
    """Build a data set from numpy arrays, torch tensors, data frames or lists, after checking them.

    Args:
        inputs: numbers, [rows, features], [rows, steps, features] or images; uint8 is divided by 255, other numbers are
            kept. Where the channels of images are found: :mod:`overproof.data.inputs`.
        labels: text or whole numbers, [rows].
        name: short name; characters that a folder's name should not have become '-'.
        classes: class names in their order; None takes the labels that occur, sorted.
        called: what messages call the two.

    Raises:
        DataError: counts that differ, values that are not finite, fewer than two classes, Python objects, ….

    Example:
        >>> from_arrays(np.zeros((2, 28, 28), dtype=np.uint8), [7, 3], "two zeros").shape
        (1, 28, 28)
    """
    numbers = as_inputs(inputs, called[0])
    answers = as_array(labels, called[1])
    if answers.ndim > 0 and len(numbers) != len(answers):
        raise DataError(
            f"{called[0]} has {len(numbers):,} rows, {called[1]} has {len(answers):,}; every row needs one label"
        )
    targets, names = as_labels(answers, classes, called[1])
    digests = row_digests(numbers)
    return Dataset(_short(name), numbers, targets, row_ids(digests, targets), names)


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
    if limit >= len(dataset):
        return dataset
    present = len(np.unique(dataset.labels))
    if limit < present:
        raise StudyError(
            f"data.limit = {limit} leaves some of the {present} classes without a row; use at least {present}"
        )
    strata = Strata(dataset.labels, dataset.ids, np.arange(len(dataset)))
    return dataset.subset(np.sort(strata.order(np.arange(len(dataset)), key(seed, "limit"))[:limit]))


def _short(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:40] or "data"
