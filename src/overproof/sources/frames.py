"""Data frames in memory, of pandas, polars or pyarrow; none of the three has to be installed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array
from overproof.data.dataset import Dataset
from overproof.errors import DataError
from overproof.sources.cells import Cells, from_objects, unread
from overproof.sources.files import parsing
from overproof.sources.parquet import check_no_names, in_seconds, no_cells, of_arrow
from overproof.sources.roles import Table, check_distinct
from overproof.sources.tables import as_dataset
from overproof.study import Data

_LIBRARIES = ("pandas", "polars", "pyarrow")
_FRAMES = ("DataFrame", "LazyFrame", "Table", "RecordBatch")
_SERIES = ("Series", "ChunkedArray", "Array", "Categorical", "Index")


def is_frame(value: Any) -> bool:
    """Whether ``value`` is a data frame of a known library."""
    return _library(value) is not None and any(kind.__name__ in _FRAMES for kind in type(value).__mro__)


def is_series(value: Any) -> bool:
    """Whether ``value`` is a single column of a known library."""
    return _library(value) is not None and any(kind.__name__ in _SERIES for kind in type(value).__mro__)


def from_frame(frame: Any, data: Data, name: str, test: str | None = None) -> Dataset:
    """The rows of a data frame.

    Args:
        frame: a frame; or a pair of a frame and its labels: a series, a frame of several labels, or an array.
        data: the study's table, which says what the columns are for.
        name: of the data set, and in messages.
        test: a column that is true in the rows of the official test set.

    Raises:
        DataError: in one sentence, with the column and the rows.

    Example:
        >>> import pandas
        >>> frame = pandas.DataFrame({"age": [41.0, None, 7.0], "job": ["cook", "none", "cook"], "paid": [1, 0, 1]})
        >>> data = from_frame(frame, Data(source="jobs", target="paid"), "jobs")
        >>> data.inputs.tolist(), data.classes
        ([[41.0, 0.0], [nan, 1.0], [7.0, 0.0]], ('0', '1'))
    """
    frame, labels = frame if isinstance(frame, tuple | list) else (frame, None)
    check_no_names(data, name)
    table = as_table(frame, name, data.ignore)
    if labels is None:
        return as_dataset(table, data, test=test)
    return as_dataset(table, data, test=test, labels=_labels(labels, f"the labels of {name}", len(table)))


def _labels(labels: Any, called: str, rows: int) -> Any:
    """Labels that were given beside a frame: a table of one or several columns, or an array."""
    if is_frame(labels):
        table = as_table(labels, called)
    elif is_series(labels):
        title = str(getattr(labels, "name", None) or "label")
        table = Table(called, title, {title: _series(labels, title, called)})
    else:
        return as_array(labels, called)
    if len(table) != rows:
        raise DataError(f"{called} has {len(table):,} rows, but there are {rows:,}; every row needs one label")
    return table


def as_table(frame: Any, called: str, ignore: Collection[str] = ()) -> Table:
    """The columns of a frame; what an index says is no column, and columns to ignore are not looked at.

    Raises:
        DataError: two columns of one name, or a column whose cells are no text and no numbers.
    """
    with parsing(called, "a data frame"):
        if _library(frame) == "pyarrow":
            return of_arrow(frame, called, called, ignore)
        frame = frame.collect() if hasattr(frame, "collect") else frame
        check_distinct(names(frame), called)
        cells = {}
        for name, column in zip(names(frame), frame.columns, strict=True):
            cells[name] = unread(len(frame)) if name in ignore else _series(frame[column], name, called)
        return Table(called, called, cells)


def from_records(records: Sequence[Mapping[str, Any]], called: str, ignore: Collection[str] = ()) -> Table:
    """The columns of rows that are dictionaries; a key that a row lacks is a missing cell.

    Raises:
        DataError: a value that is neither text nor a number.
    """
    columns = {}
    for name in dict.fromkeys(str(name) for record in records for name in record):
        values = [record.get(name) for record in records]
        columns[name] = unread(len(values)) if name in ignore else _objects(values, name, called)
    return Table(called, called, columns)


def _library(value: Any) -> str | None:
    packages = (kind.__module__.partition(".")[0] for kind in type(value).__mro__)
    return next((package for package in packages if package in _LIBRARIES), None)


def names(frame: Any) -> list[str]:
    """The columns' names, as text."""
    if hasattr(frame, "collect_schema"):
        return list(frame.collect_schema().names())
    return [str(name) for name in (frame.column_names if hasattr(frame, "column_names") else frame.columns)]


def _series(series: Any, name: str, called: str) -> Cells:
    library = _library(series)
    if library == "polars":
        return _polars(series, name, called)
    if library == "pyarrow":
        import pyarrow  # noqa: PLC0415 (there already, as the value is of it)

        return of_arrow(pyarrow.table({name: series}), called, called).columns[name]
    return _pandas(series, name, called)


def _pandas(series: Any, name: str, called: str) -> Cells:
    import pandas  # noqa: PLC0415 (there already, as the value is of it)

    series = pandas.Series(series)
    if isinstance(series.dtype, pandas.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype if not series.isna().any() else object)
    if isinstance(series.dtype, pandas.SparseDtype):
        series = series.sparse.to_dense()
    absent = series.isna().to_numpy(dtype=np.bool_)
    kind = getattr(series.dtype, "kind", "O")
    if kind == "M":
        moments = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
        return Cells(_counted(moments.to_numpy(), absent), absent)
    if kind == "m":
        return Cells(_counted(series.to_numpy(), absent), absent)
    if kind == "b":
        return Cells(np.where(absent, False, series.to_numpy(dtype=object)).astype(np.bool_), absent)
    if kind in "iu":
        whole = series.fillna(0) if absent.any() else series
        return Cells(whole.to_numpy(dtype=np.uint64 if kind == "u" else np.int64), absent)
    if kind == "f":
        return Cells(series.to_numpy(dtype=np.float64, na_value=np.nan), absent)
    values = series.to_numpy(dtype=object)
    return _objects([None if no else value for value, no in zip(values.tolist(), absent, strict=True)], name, called)


def _counted(moments: NDArray[Any], absent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """NumPy's moments or durations as seconds."""
    unit = np.datetime_data(moments.dtype)[0]
    if unit not in ("s", "ms", "us", "ns"):
        moments, unit = moments.astype(f"{moments.dtype.kind}8[s]"), "s"
    seconds: NDArray[np.float64] = in_seconds(np.where(absent, 0, moments.astype(np.int64)), unit)
    return seconds


def _polars(series: Any, name: str, called: str) -> Cells:
    import polars  # noqa: PLC0415 (there already, as the value is of it)

    absent = series.is_null().to_numpy().astype(np.bool_)
    if series.dtype in (polars.Categorical, polars.Enum):
        series = series.cast(polars.String)
    if series.dtype in (polars.Date, polars.Datetime, polars.Duration, polars.Time):
        wide = series.cast(polars.Datetime("us")) if series.dtype == polars.Date else series
        unit = "ns" if series.dtype == polars.Time else wide.dtype.time_unit
        return Cells(in_seconds(wide.to_physical().fill_null(0).to_numpy().astype(np.int64), unit), absent)
    if series.dtype in (polars.Boolean, polars.Null) or series.dtype.is_numeric():
        return Cells(*_polars_numbers(series, absent))
    if series.dtype in (polars.String, polars.Object):
        return _objects(series.to_list(), name, called)
    raise no_cells(name, series.dtype, called)


def _polars_numbers(series: Any, absent: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    import polars  # noqa: PLC0415

    if series.dtype == polars.Boolean:
        return series.fill_null(False).to_numpy().astype(np.bool_), absent
    if series.dtype.is_integer() and series.dtype not in (polars.Int128, polars.UInt128):
        return series.fill_null(0).to_numpy(), absent
    values = series.cast(polars.Float64).fill_null(np.nan).to_numpy().copy()
    return values, absent | np.isnan(values)


def _objects(values: Sequence[Any], name: str, called: str) -> Cells:
    cells = from_objects(values)
    if cells is None:
        wrong = next(value for value in values if from_objects([value]) is None)
        raise no_cells(name, type(wrong).__name__, called)
    return cells
