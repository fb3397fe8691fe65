"""Rows that come after training: their cells as the numbers that the rows of training had."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from overproof.data.columns import Column
from overproof.errors import DataError
from overproof.sources.cells import Cells
from overproof.sources.roles import Table


def encoded(table: Table, columns: Sequence[Column]) -> NDArray[np.float32]:
    """The cells of a table as a model knows them that was trained on other rows.

    Args:
        table: it may have more columns, in any order.
        columns: those of the rows of training.

    Returns:
        float32 [rows, columns]; NaN where a cell is missing. A category that was not there in training is one more than
        the last position, which no model has learnt anything about.

    Raises:
        DataError: a column that is not there, or that holds words or infinite numbers instead of numbers.

    Example:
        >>> from overproof.sources.cells import written
        >>> cells = {"job": written(["cook", "pope", ""], [""]), "age": written(["41", "", "7"], [""])}
        >>> encoded(Table("X", "X", cells), [Column("age"), Column("job", ("cook", "none"))]).tolist()
        [[41.0, 0.0], [nan, 2.0], [7.0, nan]]
    """
    found = np.empty((len(table), len(columns)), dtype=np.float32)
    for place, column in enumerate(columns):
        cells = table.column(column.name, "as in training")
        found[:, place] = _numbers(table, column, cells) if column.categories is None else _codes(column, cells)
    return found + np.float32(0)  # no −0: rows that are equal have equal bytes


def _numbers(table: Table, column: Column, cells: Cells) -> NDArray[np.float32]:
    numbers = cells.numbers()
    if numbers is None:
        words = ", ".join(map(repr, cells.distinct()[:3]))
        raise DataError(f"{table.called} column {column.name!r} holds words ({words}), and held numbers in training")
    with np.errstate(over="ignore"):
        values = numbers.astype(np.float32)
    wrong = np.flatnonzero(np.isinf(values)).tolist()
    if wrong:
        raise DataError(
            f"{table.called} {table.where(wrong[:1])} column {column.name!r} is {numbers[wrong[0]]:g}, which is "
            "infinite or too large for float32"
        )
    return values


def _codes(column: Column, cells: Cells) -> NDArray[np.float32]:
    assert column.categories is not None
    code_of = {word: float(code) for code, word in enumerate(column.categories)}
    codes = [code_of.get(word, float(len(code_of))) for word in cells.words()]
    found = np.array(codes, dtype=np.float32).reshape(len(cells))
    found[cells.missing] = np.nan
    return found
