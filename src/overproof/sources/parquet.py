"""Parquet and Arrow files (Feather, IPC), read by pyarrow; and tables of pyarrow.

Columns are what the file says they are: text stays text, and a column of lists, structures or bytes is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from overproof import storage
from overproof.data.arrays import objects
from overproof.data.dataset import Dataset
from overproof.errors import DataError, StudyError
from overproof.sources.cells import Cells, unread
from overproof.sources.extras import imported
from overproof.sources.files import check_expansion, missing, parsing
from overproof.sources.roles import Table, check_distinct
from overproof.sources.tables import as_dataset
from overproof.study import Data

_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")
_INDEX = "__index_level_"


def recognises(path: Path, data: Data) -> bool:
    """Whether ``path`` is named ``.parquet``, ``.pq``, ``.arrow``, ``.feather`` or ``.ipc``."""
    del data
    return path.suffix.lower() in (*_PARQUET, *_ARROW)


def load(path: Path, data: Data, labelled: bool = True) -> Dataset:
    """The rows of a file; see :mod:`overproof.sources.tables` for what their cells mean."""
    return as_dataset(read(path, data), data, labelled)


def read(path: Path, data: Data) -> Table:
    """The columns of a file.

    Raises:
        MissingInputError: when it is not there.
        DataError: when it is damaged, claims too much, or has a column of lists, structures or bytes.
        MissingExtraError: when pyarrow is not installed.
        StudyError: when ``data.columns`` names columns, which have names already.
    """
    if not path.is_file():
        raise missing(path)
    check_no_names(data, str(path))
    imported("pyarrow", "tabular", f"{path}: reading Parquet and Arrow files")
    content = storage.read(path)
    kind = "a Parquet file" if path.suffix.lower() in _PARQUET else "an Arrow file"
    with parsing(path, kind):
        found = _parquet(path, content) if path.suffix.lower() in _PARQUET else _arrow(path, content)
        return of_arrow(found, str(path), path.stem, data.ignore)


def check_no_names(data: Data, called: str) -> None:
    """Refuse ``data.columns`` where columns have names."""
    if data.columns is not None:
        raise StudyError(f"data.columns is for files without a header; the columns of {called} have names")


def _parquet(path: Path, content: bytes) -> Any:
    pyarrow, parquet = imported("pyarrow", "tabular", ""), imported("pyarrow.parquet", "tabular", "")
    file = parquet.ParquetFile(pyarrow.BufferReader(content), pre_buffer=False)
    facts = file.metadata
    claimed = sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups))
    check_expansion(path, max(claimed, 8 * facts.num_rows * facts.num_columns), len(content))
    found = file.read(use_threads=False)
    found.validate(full=True)
    return found


def _arrow(path: Path, content: bytes) -> Any:
    pyarrow, ipc = imported("pyarrow", "tabular", ""), imported("pyarrow.ipc", "tabular", "")
    source = pyarrow.BufferReader(content)
    if content.startswith(b"FEA1"):
        raise DataError(f"{path} is a Feather file of version 1; write it again with a recent library")
    if content.startswith(b"ARROW1"):
        file = ipc.open_file(source)
        schema, batches = file.schema, (file.get_batch(place) for place in range(file.num_record_batches))
    else:
        stream = ipc.open_stream(source)
        schema, batches = stream.schema, iter(stream)
    kept, claimed = [], 0
    for batch in batches:
        batch.validate(full=True)  # before anything is asked of it: a damaged offset leads out of the file
        claimed += batch.nbytes
        check_expansion(path, claimed, len(content))
        kept.append(batch)
    return pyarrow.Table.from_batches(kept, schema)


def of_arrow(found: Any, called: str, name: str, ignore: Collection[str] = ()) -> Table:
    """The columns of a table of pyarrow.

    Args:
        found: the table.
        called: what messages call it.
        name: of the data set.
        ignore: columns whose cells are not looked at.

    Raises:
        DataError: two columns of one name, or a column of a kind that is no cell.
    """
    names = found.column_names
    check_distinct(names, called)
    # an index that pandas wrote beside its columns is no column of the table
    kept = [column for column in names if not (column.startswith(_INDEX) and _by_pandas(found.schema))]
    cells = {
        column: unread(len(found)) if column in ignore else _cells(found[column], column, called) for column in kept
    }
    return Table(called, name, cells)


def _by_pandas(schema: Any) -> bool:
    return b"pandas" in (schema.metadata or {})


def _cells(column: Any, name: str, called: str) -> Cells:
    pyarrow, types = imported("pyarrow", "tabular", ""), imported("pyarrow.types", "tabular", "")
    kind = column.type
    if types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    absent = column.is_null().to_numpy().astype(np.bool_)
    if types.is_null(kind):
        return Cells(np.zeros(len(column)), absent)
    if types.is_boolean(kind):
        return Cells(column.fill_null(False).to_numpy().astype(np.bool_), absent)
    if types.is_integer(kind):
        return Cells(column.fill_null(0).to_numpy(), absent)
    if types.is_floating(kind) or types.is_decimal(kind):
        values = column.cast(pyarrow.float64()).to_numpy(zero_copy_only=False).copy()
        return Cells(values, absent | np.isnan(values))
    if types.is_temporal(kind) and not types.is_interval(kind):
        return Cells(_seconds(column, kind), absent)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        words = ["" if word is None else word for word in column.to_pylist()]
        return Cells(objects(words), absent)
    raise no_cells(name, kind, called)


def no_cells(name: str, kind: object, called: str) -> DataError:
    """The error about a column of a kind that is no cell."""
    return DataError(
        f"{called} column {name!r} holds {kind}; only numbers, truth values, times and text can be read: put it in "
        "data.ignore, or spread it over columns"
    )


def _seconds(column: Any, kind: Any) -> Any:
    """Dates and moments as seconds since 1970, times of the day and durations as seconds."""
    pyarrow, types = imported("pyarrow", "tabular", ""), imported("pyarrow.types", "tabular", "")
    if types.is_date(kind):
        column, kind = column.cast(pyarrow.timestamp("s")), pyarrow.timestamp("s")
    whole = column.cast(pyarrow.int32() if types.is_time32(kind) else pyarrow.int64()).fill_null(0).to_numpy()
    return in_seconds(np.asarray(whole, dtype=np.int64), kind.unit)


def in_seconds(counts: Any, unit: str) -> Any:
    """Counts of a unit (``s``, ``ms``, ``us``, ``ns``) as seconds, to the microsecond.

    Example:
        >>> in_seconds(np.array([1_500_000_999]), "ns").tolist(), in_seconds(np.array([2]), "s").tolist()
        ([1.5], [2.0])
    """
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    if per_second <= 10**6:
        return counts / per_second
    return counts // (per_second // 10**6) / 10**6
