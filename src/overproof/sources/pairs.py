"""Rows and labels as estimators are given them: a frame or an array, more rows without labels, and groups of all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from overproof.data.arrays import as_array
from overproof.data.columns import numeric
from overproof.data.dataset import Dataset, assembled
from overproof.errors import DataError
from overproof.sources import live
from overproof.sources.beside import beside_arrays
from overproof.sources.frames import is_frame, names
from overproof.sources.joining import joined, numbered
from overproof.sources.roles import check_distinct
from overproof.sources.unlabelled import without_labels
from overproof.study import Data, Task

#: How a study names rows that were given in Python.
_ARRAYS = "arrays"


def whole(frame: Any) -> Any:
    """A frame that estimators can look at: lazy ones are collected.

    Raises:
        DataError: no rows, or two columns of one name.
    """
    found = frame.collect() if hasattr(frame, "collect") else frame
    if len(found) == 0:
        raise DataError("X has 0 rows")
    check_distinct(names(found), "X", "; every column needs a name of its own")
    return found


def check_there(labels: NDArray[Any]) -> None:
    """Refuse labels of text among which some are missing.

    Raises:
        DataError: naming the first of these rows.

    Example:
        >>> import numpy as np
        >>> check_there(np.array(["a", None, "b"], dtype=object))
        Traceback (most recent call last):
        overproof.errors.DataError: y row 1 is None (1 of 3 rows have no label)
    """
    if labels.dtype.kind != "O":
        return
    missing = [row for row, value in enumerate(labels.ravel().tolist()) if _is_missing(value)]
    if missing:
        value = labels.ravel()[missing[0]]
        raise DataError(f"y row {missing[0]:,} is {value} ({len(missing):,} of {labels.size:,} rows have no label)")


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)  # noqa: PLR0124
    except TypeError:  # pandas does not know whether its NA is NA
        return True


def labelled(rows: Any, labels: Any, task: Task) -> Dataset:
    """A table with its labels: the same data set that a study makes of the two, wherever it finds them.

    Args:
        rows: a frame, or numbers [rows, columns], float32, NaN where a cell is missing.
        labels: an array [rows] or [rows, outputs], a series or a frame.
        task: what is asked about a row.

    Raises:
        DataError: when they do not fit.

    Example:
        >>> import numpy as np
        >>> data = labelled(np.array([[1.0], [np.nan]], dtype=np.float32), ["no", "yes"], "binary")
        >>> data.columns, data.classes
        ((Column(name='0', categories=None),), ('no', 'yes'))
    """
    if is_frame(rows):
        return live.main((rows, labels), Data(source=_ARRAYS, task=task), _ARRAYS).dataset
    return assembled(rows, labels, _ARRAYS, task=task, called=("X", "y"), columns=numeric(rows.shape[1]))


def completed(data: Dataset, unlabelled: Any = None, groups: Any = None) -> Dataset:
    """Labelled rows with those that have no labels, and with groups.

    Args:
        data: the labelled rows.
        unlabelled: more rows, as for :func:`labelled`; or None.
        groups: of every row, those of ``data`` first; or None.

    Raises:
        DataError: when they do not fit.
    """
    more = None
    if unlabelled is not None and is_frame(unlabelled):
        more = live.more(unlabelled, Data(source=_ARRAYS), "unlabelled")
    elif unlabelled is not None:
        more = without_labels(unlabelled, columns=numeric(unlabelled.shape[1]))
    if groups is not None:
        data, more = _grouped(data, more, groups)
    return numbered(joined(data, more))


def _grouped(data: Dataset, more: Dataset | None, groups: Any) -> tuple[Dataset, Dataset | None]:
    """Both with their groups, which are given in one go."""
    array = as_array(groups, "groups")
    rows = len(data) + (0 if more is None else len(more))
    if array.shape != (rows,):
        beside = "" if more is None else f", {len(data):,} of X and then {len(more):,} of unlabelled"
        raise DataError(f"groups has shape {array.shape}, expected ({rows:,},): one for every row{beside}")
    own = beside_arrays({"groups": array}, rows, "fit")["groups"]
    alone = None if more is None else replace(more, groups=own[len(data) :])
    return replace(data, groups=own[: len(data)]), alone
