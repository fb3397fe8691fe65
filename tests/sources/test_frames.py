from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pytest

from overproof.errors import DataError
from overproof.sources.catalogue import from_object
from overproof.sources.frames import from_frame, from_records, is_frame, is_series
from overproof.study import Data

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

LABELS = ["a", "b", "a"]


def cells(frame: Any) -> list[Any]:
    """The column x: numbers, or words."""
    data = from_frame(frame, Data(source="live", target="y"), "t")
    assert data.columns is not None
    kinds = data.columns[0].categories
    found = data.inputs[:, 0].tolist()
    return [None if np.isnan(cell) else cell if kinds is None else kinds[int(cell)] for cell in found]


TIME = datetime.datetime(1970, 1, 1, 0, 0, 1, 500_000)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pandas.Series([1, None, 3], dtype="Int64"), [1, None, 3]),
        (pandas.Series([1, 2, 3], dtype="uint8"), [1, 2, 3]),
        (pandas.Series([True, None, False], dtype="boolean"), [1, None, 0]),
        (pandas.Series([True, None, False], dtype=object), [1, None, 0]),
        (pandas.Series(["u", None, "v"], dtype="category"), ["u", None, "v"]),
        (pandas.Series([2, None, 1], dtype="category"), [2, None, 1]),
        (pandas.Series([2, 3, 1], dtype="category"), [2, 3, 1]),
        (pandas.Series(["1", None, "v"], dtype="string"), ["1", None, "v"]),
        (pandas.Series(["1", np.nan, "v"], dtype=object), ["1", None, "v"]),
        (pandas.Series(["u", 1, None], dtype=object), ["u", "1", None]),
        (pandas.Series([TIME, None, TIME]), [1.5, None, 1.5]),
        (pandas.Series([TIME, None, TIME]).dt.tz_localize("Asia/Tokyo"), [1.5 - 9 * 3600, None, 1.5 - 9 * 3600]),
        (pandas.Series([datetime.timedelta(days=1), None, datetime.timedelta(0)]), [86400, None, 0]),
        (pandas.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)]), [1.5, None, 2]),
        (pandas.arrays.SparseArray([0.0, 1.0, 2.0]), [0, 1, 2]),
        (pandas.Series([1.5, None, 2], dtype="Float32"), [1.5, None, 2]),
    ],
    ids=lambda each: str(getattr(each, "dtype", "")),
)
def test_columns_of_pandas(column: Any, expected: list[Any]) -> None:
    assert cells(pandas.DataFrame({"x": column, "y": LABELS})) == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (polars.Series([1, None, 3], dtype=polars.Int8), [1, None, 3]),
        (polars.Series([1.5, None, float("nan")]), [1.5, None, None]),
        (polars.Series([True, None, False]), [1, None, 0]),
        (polars.Series(["u", None, "1"]), ["u", None, "1"]),
        (polars.Series(["u", None, "v"], dtype=polars.Categorical), ["u", None, "v"]),
        (polars.Series(["u", None, "v"], dtype=polars.Enum(["v", "u"])), ["u", None, "v"]),
        (polars.Series([TIME, None, TIME]), [1.5, None, 1.5]),
        (polars.Series([datetime.date(1970, 1, 2), None, datetime.date(1970, 1, 1)]), [86400, None, 0]),
        (polars.Series([datetime.timedelta(days=1), None, datetime.timedelta(0)]), [86400, None, 0]),
        (polars.Series([datetime.time(1), None, datetime.time(0)]), [3600, None, 0]),
        (polars.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)]), [1.5, None, 2]),
        (polars.Series([2**100, None, 1], dtype=polars.Int128), [float(np.float32(2**100)), None, 1]),
    ],
    ids=lambda each: str(getattr(each, "dtype", "")),
)
def test_columns_of_polars(column: Any, expected: list[Any]) -> None:
    assert cells(polars.DataFrame({"x": column, "y": LABELS})) == expected


@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame], ids=["pandas", "polars"])
def test_labels_may_stand_beside_the_frame(frame: Any) -> None:
    whole = frame({"x": [1.0, 2.0, 3.0], "label": ["b", "a", "b"]})
    inside = from_frame(whole, Data(source="live"), "t")
    alone = whole[["x"]]
    for labels in (whole["label"], ["b", "a", "b"], np.array(["b", "a", "b"]), whole[["label"]]):
        assert from_frame((alone, labels), Data(source="live"), "t").digest == inside.digest
        assert from_object((alone, labels), Data(source="live"), "arrays").digest == inside.digest
        assert from_object({"inputs": alone, "labels": labels}, Data(source="live"), "arrays").digest == inside.digest


@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame], ids=["pandas", "polars"])
def test_several_labels_beside_the_frame(frame: Any) -> None:
    inputs, labels = frame({"x": [1.0, 2.0, 3.0]}), frame({"u": [0, 1, 0], "v": [True, False, True]})
    data = from_frame((inputs, labels), Data(source="live"), "t")
    assert (data.task, data.classes) == ("multilabel", ("u", "v"))
    assert data.labels.tolist() == [[0, 1], [1, 0], [0, 1]]


def test_the_index_of_a_frame_is_no_column_and_changes_nothing() -> None:
    frame = pandas.DataFrame({"x": [1, 2, 3], "y": LABELS})
    other = frame.set_index(pandas.Index([9, 7, 7]))
    data = Data(source="live")
    assert from_frame(frame, data, "t").digest == from_frame(other, data, "t").digest
    assert from_frame((other[["x"]], other["y"]), data, "t").digest == from_frame(frame, data, "t").digest


MESSAGES: list[tuple[Any, dict[str, Any], str]] = [
    (
        pandas.DataFrame({"x": [1], "z": [2]}),
        {},
        "t has no column called target, label, class or y; say in data.target which column holds the labels; columns "
        "are x, z",
    ),
    (
        pandas.DataFrame({"x": [1, 2, 3], "y": ["a", None, "b"]}),
        {},
        "t column 'y': 1 row has an empty label (row 1)",
    ),
    (pandas.DataFrame({"x": [1.0, np.inf], "y": ["a", "b"]}), {}, "t row 1 column 'x' is inf"),
    (
        pandas.DataFrame({"x": [[1], [2]], "y": ["a", "b"]}),
        {},
        "t column 'x' holds list; only numbers, truth values, times and text can be read: put it in data.ignore, or "
        "spread it over columns",
    ),
    (
        polars.DataFrame({"x": [[1], [2]], "y": ["a", "b"]}),
        {},
        "t column 'x' holds List(Int64); only numbers, truth values, times and text can be read: put it in "
        "data.ignore, or spread it over columns",
    ),
    (pandas.DataFrame([[1, 2, "a"]], columns=["x", "x", "y"]), {}, "t column 'x' appears 2 times"),
    (pandas.DataFrame({"x": [], "y": []}), {}, "t has 0 data rows"),
    (
        (pandas.DataFrame({"x": [1, 2]}), pandas.Series(["a"])),
        {},
        "the labels of t has 1 rows, but there are 2; every row needs one label",
    ),
    (
        (pandas.DataFrame({"x": [1, 2]}), ["a", "b"]),
        {"target": "x"},
        "t comes with labels beside it; leave data.target out, or the labels",
    ),
]


@pytest.mark.parametrize(("frame", "keys", "message"), MESSAGES)
def test_what_is_refused(frame: Any, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        from_frame(frame, Data.model_validate({"source": "live", **keys}), "t")
    assert str(caught.value) == message


def test_what_cannot_be_read_may_be_ignored() -> None:
    frame = pandas.DataFrame({"x": [[1], [2]], "z": [1, 2], "y": ["a", "b"]})
    assert from_frame(frame, Data(source="live", ignore=["x"]), "t").shape == (1,)


def test_column_names_become_text() -> None:
    data = from_frame(pandas.DataFrame({0: [1, 2], 1: ["a", "b"]}), Data(source="live", target="1"), "t")
    assert data.columns is not None
    assert data.columns[0].name == "0"


def test_rows_that_are_dictionaries() -> None:
    table = from_records([{"a": 1}, {"a": 2, "b": "x"}], "t")
    assert {name: column.missing.tolist() for name, column in table.columns.items()} == {
        "a": [False, False],
        "b": [True, False],
    }


def test_what_is_a_frame() -> None:
    mine = type("Mine", (pandas.DataFrame,), {})
    assert is_frame(mine({"x": [1]}))
    assert is_frame(polars.LazyFrame({"x": [1]}))
    assert not is_frame(pandas.Series([1]))
    assert is_series(pandas.Series([1]))
    assert is_series(polars.Series([1]))
    assert not any(map(is_frame, [np.eye(2), [1], {"x": 1}, "x"]))
