"""What may be known about rows beside inputs and labels: their groups, their times, and what the user calls them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array, objects
from overproof.errors import DataError
from overproof.sources.cells import Cells, from_objects


def beside_cells(key: str, cells: Cells, called: str, where: Callable[[Sequence[int]], str]) -> dict[str, Any]:
    """What one column says about the rows.

    Args:
        key: of the study: ``groups``, ``time`` or ``id``.
        cells: one for every row.
        called: what messages call them.
        where: some rows in words.

    Returns:
        The field of the data set that they fill. Groups have the same number in every source, so that they can be
        followed from one to another.

    Raises:
        DataError: a row that has none; times that are neither numbers nor ISO dates; ids that are not unique.
    """
    if cells.missing.any():
        rows = np.flatnonzero(cells.missing).tolist()
        raise DataError(f"{called} (data.{key}) is empty in {where(rows)}; every row needs one")
    if key == "groups":
        return {"groups": _groups(cells.names())}
    if key == "time":
        return {"times": _times(cells, called)}
    return {"keys": _keys(cells, called, where)}


def beside_arrays(arrays: Mapping[str, Any], rows: int, called: str) -> dict[str, Any]:
    """The same of whole arrays, by the study's key.

    Args:
        arrays: text or numbers [rows].
        rows: how many there must be.
        called: what messages call the source.

    Raises:
        DataError: another shape, or as for :func:`beside_cells`.

    Example:
        >>> beside_arrays({"id": [3, 7], "time": ["2024-01-01", "2024-01-02"]}, 2, "arrays")["keys"]
        ('3', '7')
    """
    found: dict[str, Any] = {}
    for key, values in arrays.items():
        array = as_array(values, f"{called} {key}")
        if array.shape != (rows,):
            raise DataError(f"{called} {key} has shape {array.shape}, expected ({rows:,},): one for every row")
        if array.dtype.kind == "M":
            array = array.astype("datetime64[us]").astype(object)
        words = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in array.tolist()]
        cells = from_objects(words)
        if cells is None:
            raise DataError(f"{called} {key} must be text or numbers")
        found |= beside_cells(key, cells, f"{called} {key}", _rows)
    return found


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(f"{row:,}" for row in rows[:3]) + (", …" if len(rows) > 3 else "")
    return f"row{'s' * (len(rows) > 1)} {shown}"


def _groups(names: Sequence[str]) -> NDArray[np.int64]:
    numbers = {
        name: int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little", signed=True) for name in set(names)
    }
    return np.array([numbers[name] for name in names], dtype=np.int64)


def _no_time(cells: Cells) -> str:
    """One of the words that is neither a number nor a time; the first of all where each could be one."""
    words = cells.distinct()
    alone = (Cells(objects([word]), np.zeros(1, dtype=np.bool_), cells.written) for word in words)
    return next((word for word, each in zip(words, alone, strict=True) if each.times() is None), words[0])


def _times(cells: Cells, called: str) -> NDArray[np.float64]:
    times = cells.times()
    if times is None:
        raise DataError(
            f"{called} (data.time) must hold numbers, or ISO dates such as 2024-05-31, in every row; it holds "
            f"{_no_time(cells)!r:.40}"
        )
    if np.isinf(times).any():
        raise DataError(f"{called} (data.time) is infinite in row {int(np.isinf(times).argmax()):,}")
    return times


def _keys(cells: Cells, called: str, where: Callable[[Sequence[int]], str]) -> tuple[str, ...]:
    keys = tuple(word.strip() for word in cells.names())
    rows: dict[str, int] = {}
    for row, key in enumerate(keys):
        if (first := rows.setdefault(key, row)) != row:
            raise DataError(
                f"{called} (data.id) has {key!r:.40} twice ({where([first, row])}); every row needs a name of its own"
            )
    return keys
