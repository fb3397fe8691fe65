"""The labels of a table: text stays text, numbers are numbers, and only an empty cell means that there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import objects
from overproof.errors import DataError
from overproof.sources.cells import Cells
from overproof.sources.roles import Table

_LENIENT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def labels_of(table: Table, targets: Sequence[str], task: str) -> NDArray[Any]:
    """The labels of every row.

    Args:
        table: the columns.
        targets: names of one column, or of several.
        task: as the study says it.

    Returns:
        Text (objects) or numbers [rows], or numbers [rows, targets] where several columns are named as a list.

    Raises:
        DataError: empty cells, or text among several targets.
    """
    columns = [_complete(table, name) for name in targets]
    if len(targets) == 1 and task not in ("regression", "multilabel"):
        return _answers(table, targets[0], columns[0])
    numbers = [_values(table, name, cells) for name, cells in zip(targets, columns, strict=True)]
    return numbers[0] if task == "regression" and len(targets) == 1 else np.stack(numbers, axis=1)


def _complete(table: Table, name: str) -> Cells:
    """A column in which no cell is empty. What means a missing value in a feature means itself here."""
    cells = table.columns[name]
    absent = np.zeros(len(cells), dtype=np.bool_) if cells.written else cells.missing.copy()
    if cells.textual:
        absent |= np.fromiter((not str(word).strip() for word in cells.values.tolist()), np.bool_, len(cells))
    if absent.any():
        rows = np.flatnonzero(absent).tolist()
        count = "1 row has" if len(rows) == 1 else f"{len(rows):,} rows have"
        raise DataError(f"{table.called} column {name!r}: {count} an empty label ({table.where(rows)})")
    return Cells(cells.values, absent, cells.written)


def _answers(table: Table, name: str, cells: Cells) -> NDArray[Any]:
    numbers = cells.measured()
    if numbers is None:
        _check_continuous(table, name, cells)
    if numbers is None or numbers.dtype.kind == "b":
        return objects(cells.words())
    return numbers


def _values(table: Table, name: str, cells: Cells) -> NDArray[np.float64]:
    """Numbers for certain: for regression and for several labels."""
    numbers = cells.numbers()
    if numbers is not None:
        return numbers
    words = [word.strip() for word in cells.words()]
    row = next((row for row, word in enumerate(words) if not _LENIENT.fullmatch(word)), None)
    if row is None:
        return np.array(words, dtype=np.float64)
    raise DataError(
        f"{table.called} {table.where([row])} column {name!r} is {words[row]!r:.40}, which is no number; labels of "
        "regression, and several labels of a row, are numbers"
    )


def _check_continuous(table: Table, name: str, cells: Cells) -> None:
    """Refuse measurements with a word among them, which would otherwise be classes with a row each."""
    if not cells.written:
        return
    words = cells.words()
    numbers = [word for word in words if _LENIENT.fullmatch(word.strip())]
    distinct = len(set(numbers))
    if 2 * distinct >= len(words) and any("." in number for number in numbers):
        row = next(row for row, word in enumerate(words) if not _LENIENT.fullmatch(word.strip()))
        raise DataError(
            f"{table.called} column {name!r} looks continuous ({distinct:,} distinct numbers in {len(words):,} rows), "
            f"but {table.where([row])} is {words[row]!r:.40}; every row needs a number"
        )
