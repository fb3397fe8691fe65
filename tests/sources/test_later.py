"""Rows that come after training: the same numbers as in training, and nothing where training knew nothing."""

from __future__ import annotations

import numpy as np
import pytest

from overproof.data.columns import Column
from overproof.errors import DataError
from overproof.sources.cells import Cells, from_objects, written
from overproof.sources.later import encoded
from overproof.sources.roles import Table
from overproof.sources.tables import features


def table(**columns: list[object]) -> Table:
    """Columns of Python objects."""
    cells: dict[str, Cells] = {}
    for name, values in columns.items():
        found = from_objects(values)
        assert found is not None
        cells[name] = found
    return Table("X", "X", cells)


def test_the_rows_of_training_are_what_they_were() -> None:
    rows = table(age=[41, None, -0.0], job=["cook", "none", None], free=[True, False, None])
    inputs, columns = features(rows, list(rows.columns))
    assert encoded(rows, columns).tobytes() == inputs.tobytes()
    turned = Table("X", "X", dict(reversed(list(rows.columns.items()))))
    assert encoded(turned, columns).tobytes() == inputs.tobytes()


def test_words_that_were_not_there_are_one_more_than_the_last() -> None:
    columns = [Column("job", ("cook", "judge"))]
    assert encoded(table(job=["pope", "judge", None, ""]), columns)[:, 0].tolist()[:2] == [2.0, 1.0]
    assert np.isnan(encoded(table(job=[None, None]), columns)).all()
    # whole numbers are the words that a file has for them
    assert encoded(table(job=[7, 3]), [Column("job", ("3", "7"))])[:, 0].tolist() == [1.0, 0.0]


def test_what_cannot_be_is_refused_by_name() -> None:
    columns = [Column("age")]
    with pytest.raises(DataError, match=r"X column 'age' holds words \('old'\), and held numbers in training"):
        encoded(table(age=["old", "old"]), columns)
    with pytest.raises(DataError, match="X row 1 column 'age' is inf, which is infinite or too large for float32"):
        encoded(table(age=[1.0, float("inf")]), columns)
    with pytest.raises(DataError, match=r"X row 0 column 'age' is 1e\+300"):
        encoded(table(age=[1e300, 2.0]), columns)
    with pytest.raises(DataError, match="X has no column 'age'"):
        encoded(table(years=[1.0]), columns)


def test_a_column_without_a_value_is_missing() -> None:
    found = encoded(Table("X", "X", {"age": written(["", ""], [""])}), [Column("age")])
    assert np.isnan(found).all()
