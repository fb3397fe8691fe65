from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, OverproofError, StudyError
from overproof.sources import files, parquet
from overproof.study import Data

pyarrow = pytest.importorskip("pyarrow")
written = pytest.importorskip("pyarrow.parquet")

LABELS = ["a", "b", "a"]


def loaded(path: Path, **keys: Any) -> Dataset:
    return parquet.load(path, Data.model_validate({"source": str(path), **keys}))


def saved(folder: Path, column: Any, **settings: Any) -> Path:
    written.write_table(pyarrow.table({"x": column, "y": LABELS}), folder / "t.parquet", **settings)
    return folder / "t.parquet"


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        ([1, None, 3], "int8", [1, np.nan, 3]),
        ([1, None, 3], "uint64", [1, np.nan, 3]),
        ([1.5, None, float("nan")], "float32", [1.5, np.nan, np.nan]),
        ([1.5, None, 3.0], "float16", [1.5, np.nan, 3]),
        ([True, None, False], "bool", [1, np.nan, 0]),
        ([datetime.date(1970, 1, 2), None, datetime.date(1970, 1, 1)], "date32", [86400, np.nan, 0]),
        ([datetime.date(1970, 1, 2), None, datetime.date(1970, 1, 1)], "date64", [86400, np.nan, 0]),
        ([1500, None, 0], pyarrow.timestamp("ms"), [1.5, np.nan, 0]),
        ([1_500_000_000, None, 0], pyarrow.timestamp("ns", "UTC"), [1.5, np.nan, 0]),
        ([1500, None, 0], pyarrow.duration("ms"), [1.5, np.nan, 0]),
        ([1500, None, 0], pyarrow.time32("ms"), [1.5, np.nan, 0]),
        ([1_500_000, None, 0], pyarrow.time64("us"), [1.5, np.nan, 0]),
        (["1", None, "x"], "string", ["1", None, "x"]),
        (["1", None, "x"], "large_string", ["1", None, "x"]),
        (["1", None, "x"], "string_view", ["1", None, "x"]),
        (["1", None, "x"], pyarrow.dictionary(pyarrow.int8(), pyarrow.string()), ["1", None, "x"]),
        ([1, None, 3], pyarrow.dictionary(pyarrow.int8(), pyarrow.int64()), [1, np.nan, 3]),
    ],
    ids=str,
)
def test_every_kind_of_cell(values: list[Any], kind: Any, cells: list[Any]) -> None:
    found = pyarrow.table({"x": pyarrow.array(values, kind), "y": LABELS})
    column = parquet.of_arrow(found, "t", "t").columns["x"]
    numbers = column.numbers()
    if numbers is None:
        assert [None if no else word for word, no in zip(column.words(), column.missing, strict=True)] == cells
    else:
        assert np.array_equal(numbers, cells, equal_nan=True)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([[1], None, [2, 3]], "list<item: int64>"),
        ([{"a": 1}, None, {"a": 2}], "struct<a: int64>"),
        ([b"x", None, b"y"], "binary"),
    ],
)
def test_what_is_no_cell_is_refused_by_name_and_may_be_ignored(tmp_path: Path, values: list[Any], kind: str) -> None:
    written.write_table(pyarrow.table({"x": values, "z": [1, 2, 3], "y": LABELS}), tmp_path / "t.parquet")
    with pytest.raises(DataError) as caught:
        loaded(tmp_path / "t.parquet")
    assert f"column 'x' holds {kind}" in str(caught.value).replace("element", "item")
    assert str(caught.value).endswith("put it in data.ignore, or spread it over columns")
    assert loaded(tmp_path / "t.parquet", ignore=["x"]).shape == (1,)


def test_an_index_of_pandas_is_no_column(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1, 2, 3], "y": LABELS}, index=[7, 8, 9])
    frame.to_parquet(tmp_path / "t.parquet")
    assert "__index_level_0__" in written.read_table(tmp_path / "t.parquet").column_names
    assert loaded(tmp_path / "t.parquet").shape == (1,)


def test_several_row_groups_and_codecs(tmp_path: Path) -> None:
    digests = {
        loaded(saved(tmp_path, [1, 2, 3], row_group_size=size, compression=codec)).digest
        for size, codec in ((1, "none"), (2, "gzip"), (3, "zstd"))
    }
    assert len(digests) == 1


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingInputError, match=r"t\.parquet does not exist"):
        loaded(tmp_path / "t.parquet")
    path = saved(tmp_path, [1, 2, 3])
    with pytest.raises(StudyError, match=r"data\.columns is for files without a header"):
        loaded(path, columns=["a", "b"])
    with pytest.raises(DataError, match=r"has no column 'z' \(data.target\); columns are x, y"):
        loaded(path, target="z")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError, match="cannot be read as a Parquet file"):
        loaded(path)
    (tmp_path / "v.feather").write_bytes(b"FEA1" + bytes(20))
    with pytest.raises(DataError, match="is a Feather file of version 1"):
        loaded(tmp_path / "v.feather")
    written.write_table(pyarrow.table({"x": [], "y": []}), tmp_path / "e.parquet")
    with pytest.raises(DataError, match="has 0 data rows"):
        loaded(tmp_path / "e.parquet")
    monkeypatch.setattr(files, "_ROOM", 1000)
    written.write_table(pyarrow.table({"x": [1] * 10**6, "y": ["a"] * 10**6}), tmp_path / "bomb.parquet")
    with pytest.raises(DataError, match="claims 16,000,000 bytes out of"):
        loaded(tmp_path / "bomb.parquet")


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], names=["x", "x"])
    stream = io.BytesIO()
    with pyarrow.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    (tmp_path / "t.arrow").write_bytes(stream.getvalue())
    with pytest.raises(OverproofError, match="column 'x' appears 2 times"):
        loaded(tmp_path / "t.arrow")


@pytest.mark.parametrize("stream", [False, True])
def test_an_offset_that_leads_out_of_the_file_is_found_before_it_is_followed(tmp_path: Path, stream: bool) -> None:
    table = pyarrow.table({"x": ["one", "two", "six"], "y": LABELS})
    content = io.BytesIO()
    with (pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file)(content, table.schema) as writer:
        writer.write_table(table)
    offsets = np.array([0, 3, 6, 9], dtype="<i4")
    assert content.getvalue().count(offsets.tobytes()) == 1
    damaged = content.getvalue().replace(offsets.tobytes(), (offsets * 2**27).tobytes())
    (tmp_path / "t.arrow").write_bytes(damaged)
    with pytest.raises(DataError, match="cannot be read as an Arrow file"):
        loaded(tmp_path / "t.arrow")
