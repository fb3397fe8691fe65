"""The columns of a Hugging Face data set as a table, as its features say: classes by name, lists as several columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import objects
from overproof.data.dataset import Dataset
from overproof.errors import DataError
from overproof.sources.cells import Cells, unread
from overproof.sources.parquet import of_arrow
from overproof.sources.roles import TARGETS, Table
from overproof.study import Data

#: A list of numbers may become so many columns.
_MOST_COLUMNS = 10_000


@dataclass(frozen=True, eq=False)
class Labels:
    """What a data set says of its labels beside their column."""

    beside: Any = None
    """A table of several labels, or values [rows, outputs], for a target that is a list; else None."""
    names: tuple[str, ...] = ()
    """Of the classes, in the order of the data set."""


def as_table(
    library: Any, found: Any, data: Data, called: str, name: str, *, labelled: bool
) -> tuple[Data, Table, Labels]:
    """The columns of a data set, but the images.

    Args:
        library: ``datasets``.
        found: the rows.
        data: the study's table.
        called: what messages call the rows.
        name: of the data set.
        labelled: False leaves out a target that is a list.

    Returns:
        The study's table, with the target if the features tell it; the columns; and what is known of the labels.

    Raises:
        DataError: a column that is no cell and no list of numbers, or a list of labels that is none.
    """
    features: Mapping[str, Any] = found.features
    target = data.target if data.target is not None else _target(library, features, data)
    plain = [column for column, feature in features.items() if not isinstance(feature, library.Image)]
    arrow = found.select_columns(plain).with_format("arrow")[:] if plain else None
    columns: dict[str, Cells] = {}
    labels = Labels()
    for column, feature in features.items():
        if column in data.ignore:
            columns[column] = unread(len(found))
        elif isinstance(feature, library.Image) or arrow is None:
            continue
        elif _is_list(library, feature):
            if column != target:
                columns |= _spread(arrow[column].to_pylist(), column, called)
            elif labelled:
                labels = _several(library, feature, arrow[column].to_pylist(), column, called)
        elif isinstance(feature, library.ClassLabel) and not isinstance(target, list):
            columns[column] = _named(arrow[column].to_pylist(), feature.names, column, called)
            labels = Labels(names=tuple(feature.names)) if column == target else labels
        else:
            columns |= of_arrow(arrow.select([column]), called, name).columns
    in_a_list = isinstance(target, str) and target in features and _is_list(library, features[target])
    return data.model_copy(update={"target": None if in_a_list else target}), Table(called, name, columns), labels


def in_order(dataset: Dataset, labels: Labels) -> Dataset:
    """With the classes in the order of the data set, instead of sorted."""
    if dataset.task not in ("binary", "multiclass") or not set(dataset.classes) <= set(labels.names):
        return dataset
    names = tuple(name for name in labels.names if name in dataset.classes)
    number = np.array([names.index(name) for name in dataset.classes], dtype=np.int64)
    return replace(dataset, labels=number[dataset.labels], classes=names) if names else dataset


def _target(library: Any, features: Mapping[str, Any], data: Data) -> str | None:
    """The column that is called like labels, or else the only one that holds classes."""
    free = {name: feature for name, feature in features.items() if name not in data.ignore}
    called = [name for name in free if name.casefold() in (*TARGETS, "labels")]
    of_classes = [name for name, feature in free.items() if isinstance(_inner(library, feature), library.ClassLabel)]
    return next((names[0] for names in (called, of_classes) if len(names) == 1), None)


def _is_list(library: Any, feature: Any) -> bool:
    return isinstance(feature, library.List | library.LargeList | list)


def _inner(library: Any, feature: Any) -> Any:
    if isinstance(feature, list):
        return feature[0]
    return feature.feature if _is_list(library, feature) else feature


def _named(values: Sequence[int | None], names: Sequence[str], column: str, called: str) -> Cells:
    """Classes by their names; −1 means that there is none."""
    missing = np.fromiter((value is None or value == -1 for value in values), np.bool_, len(values))
    words = []
    for row, (value, absent) in enumerate(zip(values, missing, strict=True)):
        if not absent and not (isinstance(value, int) and 0 <= value < len(names)):
            raise DataError(
                f"{called} row {row:,} column {column!r} is {value!r:.40}, but there are {len(names)} classes"
            )
        words.append("" if absent or value is None else names[value])
    return Cells(objects(words), missing)


def _several(library: Any, feature: Any, values: Sequence[Any], column: str, called: str) -> Labels:
    """A target that is a list: the labels that a row has, by name; or one number for each output."""
    for row, value in enumerate(values):
        if value is None or any(each is None for each in value):
            raise DataError(f"{called} row {row:,} column {column!r} has a label that is missing")
    inner = _inner(library, feature)
    if isinstance(inner, library.ClassLabel):
        return Labels(
            _marked([[_name(inner.names, each, column, called) for each in row] for row in values], inner.names, called)
        )
    if values and all(isinstance(each, str) for row in values for each in row):
        return Labels(_marked(values, sorted({each for row in values for each in row}), called))
    return Labels(_numbers(values, column, called))


def _name(names: Sequence[str], value: int, column: str, called: str) -> str:
    if not 0 <= value < len(names):
        raise DataError(f"{called} column {column!r} has the class {value}, but there are {len(names)} classes")
    return names[value]


def _marked(rows: Sequence[Sequence[str]], names: Sequence[str], called: str) -> Table:
    """A column of 0 and 1 for every label that some row has."""
    sets = [frozenset(row) for row in rows]
    occurring = frozenset().union(*sets)
    nowhere = np.zeros(len(rows), dtype=np.bool_)
    return Table(
        called,
        "labels",
        {
            name: Cells(np.fromiter((name in each for each in sets), np.int64, len(sets)), nowhere)
            for name in names
            if name in occurring
        },
    )


def _numbers(values: Sequence[Any], column: str, called: str) -> NDArray[np.float64]:
    """Lists of numbers as an array [rows, length]."""
    lengths = {len(value) for value in values}
    if len(lengths) != 1 or 0 in lengths:
        raise DataError(
            f"{called} column {column!r} holds lists of {sorted(lengths)[:3]} values; every row needs as many"
        )
    if not all(isinstance(each, int | float) for value in values for each in value):
        raise DataError(f"{called} column {column!r} holds lists of what is no number; put it in data.ignore")
    return np.array(values, dtype=np.float64)


def _spread(values: Sequence[Any], column: str, called: str) -> dict[str, Cells]:
    """A list of numbers as so many columns, numbered from 0."""
    for row, value in enumerate(values):
        if value is None:
            raise DataError(f"{called} row {row:,} column {column!r} has no list")
    numbers = _numbers(values, column, called)
    if numbers.shape[1] > _MOST_COLUMNS:
        raise DataError(
            f"{called} column {column!r} holds lists of {numbers.shape[1]:,} numbers; at most {_MOST_COLUMNS:,}"
        )
    return {f"{column} {place}": Cells(values_of, np.isnan(values_of)) for place, values_of in enumerate(numbers.T)}
