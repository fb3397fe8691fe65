"""From named columns of cells to a data set: the same rows make the same data set, whatever they are read from.

A column is one of numbers when every cell that is not missing is a number, and one of categories otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import listed
from overproof.data.columns import Column
from overproof.data.dataset import LABELLED, TEST, Dataset, assembled
from overproof.errors import DataError
from overproof.sources.beside import beside_cells
from overproof.sources.cells import Cells
from overproof.sources.labelling import labels_of
from overproof.sources.roles import Roles, Table, roles
from overproof.sources.texts import tokenised
from overproof.sources.unlabelled import without_labels
from overproof.study import Data

#: More categories than this are no categories, but names or texts.
MOST_CATEGORIES = 1000
#: What a cell without a value often holds; among numbers it is never taken for a category.
_BLANKS = frozenset(("", "?", "-", "--", ".", "na", "n/a", "#n/a", "nan", "null", "none"))


def as_dataset(
    table: Table,
    data: Data,
    labelled: bool = True,
    *,
    main: bool = True,
    test: str | None = None,
    labels: Any = None,
) -> Dataset:
    """The data set that a table holds.

    Args:
        table: its columns.
        data: the study's table, which says what the columns are for.
        labelled: whether the rows have labels. Without, the target is not looked at, and labels are −1.
        main: whether these are the main rows, rather than ones that join them.
        test: a column that is true, or 1, in the rows of the official test set.
        labels: given beside the table instead of in it: an array, or columns of labels.

    Raises:
        DataError: in one sentence, with the column and the lines.

    Example:
        >>> from overproof.sources.cells import written
        >>> cells = {"age": ["41", "", "7"], "job": ["none", "cook", "cook"], "y": ["yes", "no", "no"]}
        >>> table = Table("jobs", "jobs", {name: written(words, [""]) for name, words in cells.items()})
        >>> data = as_dataset(table, Data(source="jobs.csv"))
        >>> data.inputs.tolist(), data.columns[1].categories, data.classes
        ([[41.0, 1.0], [nan, 0.0], [7.0, 0.0]], ('cook', 'none'), ('no', 'yes'))
    """
    own = roles(table, data, labelled=labelled, main=main, test=test, beside=labels is not None)
    if len(table) == 0:
        raise DataError(f"{table.called} has 0 data rows")
    beside = _beside(table, own)
    if own.text is None:
        inputs: NDArray[Any]
        inputs, beside["columns"] = features(table, own.features)
    else:
        cells = table.columns[own.text]
        words = ["" if absent else word for word, absent in zip(cells.words(), cells.missing, strict=True)]
        inputs, beside["tokens"] = tokenised(words, data, f"{table.called} column {own.text!r}")
    if main:
        _check_seen(table, own, inputs, beside.get("parts"))
    if not labelled:
        return without_labels(inputs, **beside)
    targets, answers = _labels(table, own, data, labels)
    called = (table.called, f"{table.called} column{'s' * (len(targets) > 1)} {', '.join(map(repr, targets))}")
    called = called if targets else (table.called, f"the labels of {table.called}")
    dataset = assembled(inputs, answers, table.name, task=data.task, called=called, **beside)
    if dataset.task in ("regression", "multilabel") and len(targets) == len(dataset.classes):
        return replace(dataset, classes=targets)
    return dataset


def _labels(table: Table, own: Roles, data: Data, labels: Any) -> tuple[tuple[str, ...], Any]:
    """The names of the targets, and the labels of every row."""
    if labels is None:
        return own.targets, labels_of(table, own.targets, data.task)
    if isinstance(labels, Table):
        names = tuple(labels.columns)
        return names, labels_of(labels, names, data.task)
    return (), labels


def _beside(table: Table, own: Roles) -> dict[str, Any]:
    """What a data set keeps of the columns that are no features."""
    found: dict[str, Any] = {}
    for key, name in (("groups", own.groups), ("time", own.time), ("id", own.id)):
        if name is not None:
            found |= beside_cells(key, table.columns[name], f"{table.called} column {name!r}", table.where)
    if own.test is not None:
        found["parts"] = _parts(table, own.test)
    return found


def _parts(table: Table, name: str) -> NDArray[np.int8]:
    marks = table.columns[name].numbers()
    if marks is None or not np.isin(marks, (0, 1)).all():
        found = listed(table.columns[name].distinct()[:4])
        raise DataError(f"{table.called} column {name!r} (protocol.test) must be true or false, 1 or 0; found {found}")
    if marks.all() or not marks.any():
        which = "every row is a test row" if marks.all() else "no row is a test row"
        raise DataError(f"{table.called} column {name!r} (protocol.test): {which}")
    return np.where(marks == 1, TEST, LABELLED).astype(np.int8)


def features(table: Table, names: Sequence[str]) -> tuple[NDArray[np.float32], tuple[Column, ...]]:
    """The cells of some columns as float32 [rows, columns], and what the columns are."""
    inputs = np.empty((len(table), len(names)), dtype=np.float32)
    columns = []
    for place, name in enumerate(names):
        cells = table.columns[name]
        numbers = cells.numbers()
        if numbers is None:
            inputs[:, place], categories = _codes(table, name, cells)
            columns.append(Column(name, categories))
        else:
            inputs[:, place] = _finite(table, name, numbers)
            columns.append(Column(name))
    return inputs, tuple(columns)


def _finite(table: Table, name: str, numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        values = numbers.astype(np.float32)
    wrong = np.isinf(values)
    if wrong.any():
        row = int(wrong.argmax())
        found = f"{numbers[row]:g}" + (", too large for float32" if np.isfinite(numbers[row]) else "")
        such = f" ({int(wrong.sum()):,} such values)" if wrong.sum() > 1 else ""
        raise DataError(f"{table.called} {table.where([row])} column {name!r} is {found}{such}")
    values[np.isnan(values)] = np.nan  # one NaN for all: rows that are equal have equal bytes
    return values + np.float32(0)  # and no −0


def _codes(table: Table, name: str, cells: Cells) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """The position of each cell's category, NaN where missing; and the categories, sorted."""
    categories = tuple(cells.distinct())
    if cells.written:
        _check_blanks(table, name, cells, categories)
    if len(categories) > MOST_CATEGORIES:
        raise DataError(
            f"{table.called} column {name!r} holds {len(categories):,} different words in {len(table):,} rows, too "
            "many for categories; put it in data.ignore, or name it in data.text if rows are texts"
        )
    code_of = {category: code for code, category in enumerate(categories)}
    codes = np.array([code_of.get(word, np.nan) for word in cells.words()], dtype=np.float32)
    codes[cells.missing] = np.nan
    return codes, categories


def _check_blanks(table: Table, name: str, cells: Cells, categories: Sequence[str]) -> None:
    """Refuse a column of numbers with words among them that mean a missing value, which would make it categories."""
    blanks = [word for word in categories if word.strip().casefold() in _BLANKS]
    if not blanks or len(blanks) == len(categories):
        return
    others = cells.missing | np.isin(cells.values.astype(str), blanks)
    if Cells(cells.values, others, written=True).numbers() is None:
        return
    rows = np.flatnonzero(others & ~cells.missing).tolist()
    count = f"{len(rows):,} cells" if len(rows) > 1 else "1 cell"
    raise DataError(
        f"{table.called} column {name!r} holds numbers and {', '.join(map(repr, blanks))} ({count}, "
        f"{table.where(rows)}); where that means a missing value, add it to data.missing"
    )


def _check_seen(table: Table, own: Roles, inputs: NDArray[Any], parts: NDArray[np.int8] | None) -> None:
    """Refuse a column without a single value in the rows that models learn from."""
    if own.text is not None:
        return
    learnt = inputs if parts is None else inputs[parts == LABELLED]
    empty = np.isnan(learnt).all(axis=0)
    if empty.any():
        name = own.features[int(empty.argmax())]
        such = f" ({int(empty.sum()):,} such columns)" if empty.sum() > 1 else ""
        raise DataError(
            f"{table.called} column {name!r} is empty in all {len(learnt):,} rows{such}; put it in data.ignore"
        )
