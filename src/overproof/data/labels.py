"""The labels of a data set: class names, and one number in 0..classes−1 for every row.

Text stays text (``"007"`` and ``"7"`` are two classes); whole numbers are named by their decimal text.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array, place, shown
from overproof.errors import DataError, nearest

#: Up to here a float64 counts whole numbers exactly.
_LARGEST_WHOLE = 2.0**53


def as_labels(
    values: Any, classes: Sequence[str] | None = None, called: str = "labels"
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Check ``values`` and number the classes.

    Args:
        values: one label per row: text, whole numbers, or floats that are whole numbers.
        classes: the class names in their order; text must be among them, and numbers are positions in them. None takes
            the labels that occur, sorted: numbers by value, text by code point.
        called: what messages call the labels.

    Returns:
        Numbers [rows], int64, and the class names.

    Raises:
        DataError: not one label per row, empty or missing labels, values that name no class, or fewer than two classes.

    Example:
        >>> as_labels(["cat", "dog", "cat"])
        (array([0, 1, 0]), ('cat', 'dog'))
        >>> as_labels([10.0, 9.0, 10.0])
        (array([1, 0, 1]), ('9', '10'))
    """
    array = as_array(values, called)
    if array.ndim != 1:
        raise DataError(f"{called} has shape {array.shape}; expected [rows], one label for each")
    if array.size == 0:
        raise DataError(f"{called} is empty")
    found = _words(array, called) if array.dtype.kind in "USOT" else _whole_numbers(array, called)
    numbers, names = _sorted_classes(found) if classes is None else _given_classes(found, tuple(classes), called)
    present = np.unique(numbers)
    if len(present) < 2:
        raise DataError(f"{called} needs at least 2 classes, found 1 ({shown(names[present[0]])})")
    return numbers, names


def _words(array: NDArray[Any], called: str) -> NDArray[np.str_]:
    if array.dtype.kind == "U" and _beyond_unicode(array):
        raise DataError(f"{called} holds text that is not valid Unicode")
    try:
        words = [word.decode() if isinstance(word, bytes) else word for word in array.tolist()]
        for row, word in enumerate(words):
            if not isinstance(word, str):
                raise DataError(f"{called} row {row:,} is {word!r:.40}, which is neither text nor a number")
        "".join(words).encode()
    except UnicodeError:
        raise DataError(f"{called} holds text that is not valid Unicode") from None
    empty = [row for row, word in enumerate(words) if not word.strip()]
    if empty:
        rows = ", ".join(str(row) for row in empty[:3]) + (", …" if len(empty) > 3 else "")
        raise DataError(f"{called} has {len(empty):,} empty labels (rows {rows})")
    return np.array(words)


def _beyond_unicode(array: NDArray[np.str_]) -> bool:
    """Whether a code is no code point: a file may hold such, and Python fails in odd ways when it meets them."""
    codes = array.astype(array.dtype.newbyteorder("="))
    return array.dtype.itemsize > 0 and bool((codes.view(np.uint32) > sys.maxunicode).any())


def _whole_numbers(array: NDArray[Any], called: str) -> NDArray[Any]:
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind == "b":
        return array.astype(np.int64)
    if array.dtype.kind != "f":
        raise DataError(f"{called} has dtype {array.dtype}; expected text or whole numbers")
    _check_whole(array.astype(np.float64), called)
    return array.astype(np.int64)


def _check_whole(array: NDArray[np.float64], called: str) -> None:
    missing = np.isnan(array)
    if missing.any():
        count = int(missing.sum())
        have = "row has" if count == 1 else "rows have"
        raise DataError(f"{called} {place([int(missing.argmax())])} is NaN ({count:,} {have} no label)")
    broken = (np.abs(array) > _LARGEST_WHOLE) | (array != np.floor(array))
    if not broken.any():
        return
    distinct = len(np.unique(array))
    if 2 * distinct >= len(array):
        raise DataError(
            f"{called} looks continuous ({distinct:,} distinct of {len(array):,}), and classes are wanted; "
            'say data.task = "regression"'
        )
    row = int(broken.argmax())
    raise DataError(
        f"{called} {place([row])} is {array[row]:g}, which is not a whole number; name classes by text or 0, 1, …"
    )


def _sorted_classes(found: NDArray[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    names, numbers = np.unique(found, return_inverse=True)
    return numbers.astype(np.int64), tuple(str(name) for name in names.tolist())


def _given_classes(
    found: NDArray[Any], names: tuple[str, ...], called: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"classes names {twice!r} twice; every class needs a name of its own")
    if found.dtype.kind != "U":
        return _positions(found, len(names), called), names
    occurring, inverse = np.unique(found, return_inverse=True)
    for index, word in enumerate(occurring.tolist()):
        if word not in names:
            row = int((inverse == index).argmax())
            raise DataError(
                f"{called} {place([row])} is {word!r}, which is not one of the classes; {nearest(word, names)}"
            )
    number_of = {name: number for number, name in enumerate(names)}
    return np.array([number_of[word] for word in occurring.tolist()], dtype=np.int64)[inverse], names


def _positions(found: NDArray[Any], classes: int, called: str) -> NDArray[np.int64]:
    outside = (found < 0) | (found >= classes)
    if outside.any():
        row = int(outside.argmax())
        raise DataError(
            f"{called} {place([row])} is {found[row]}; with {classes} classes it must be in 0 to {classes - 1}"
        )
    return found.astype(np.int64)
