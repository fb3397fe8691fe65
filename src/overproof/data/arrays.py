"""Whatever a caller holds, as a numpy array; and how messages name a place in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.errors import DataError

#: Characters of a word that a message shows.
MOST_SHOWN = 60


def as_array(values: Any, called: str) -> NDArray[Any]:
    """A numpy array out of an array, a torch tensor on any device, a data frame or a list.

    Args:
        values: anything ``numpy.asarray`` understands, or an object with torch's ``detach().cpu().numpy()``.
        called: what messages call it.

    Raises:
        DataError: when it is no array, as with rows of different lengths.

    Example:
        >>> as_array([[1, 2], [3, 4]], "inputs").shape
        (2, 2)
    """
    try:
        if hasattr(values, "detach"):
            values = values.detach().cpu().numpy()
        return np.asarray(values)
    except Exception as error:  # conversions are the caller's code, and may raise anything
        raise DataError(f"{called} cannot be read as an array ({one_line(error)})") from error


def objects(values: Iterable[Any]) -> NDArray[Any]:
    """An array [values] of Python objects; numpy is kept from looking into them, or into a list of one kind.

    Example:
        >>> objects(["a", "bc"]).dtype, objects([[1], [2]]).shape
        (dtype('O'), (2,))
    """
    return np.array([*values, None], dtype=object)[:-1]


def shown(word: str) -> str:
    r"""A word of the data in quotes, on one line and not longer than a message can bear.

    Example:
        >>> shown("two\nlines"), len(shown("x" * 1000))
        ("'two\\nlines'", 60)
    """
    text = repr(word)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def listed(words: Iterable[str]) -> str:
    r"""Words of the data between commas; in quotes where one is long, or has characters that cannot be seen.

    Example:
        >>> listed(["a", "b c", "d\ne"])
        "a, b c, 'd\\ne'"
    """
    return ", ".join(word if word.isprintable() and len(word) < MOST_SHOWN else shown(word) for word in words)


def place(index: Sequence[int]) -> str:
    """An index in words; rows, columns and positions count from 0.

    Example:
        >>> place((17, 3)), place((17, 0, 4, 5)), place((17,))
        ('row 17 column 3', 'row 17 position [0, 4, 5]', 'row 17')
    """
    row, *rest = (int(part) for part in index)
    if not rest:
        return f"row {row:,}"
    return f"row {row:,} column {rest[0]}" if len(rest) == 1 else f"row {row:,} position {rest}"


def one_line(error: Exception) -> str:
    """An error's message on one line of at most 160 characters, or its type where it has none."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:159] + "…"
