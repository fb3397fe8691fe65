"""The cells of one column as a source gives them, and what they may be read as: numbers, words, times or names.

A file of text holds words whose meaning is found here; other sources say what their columns hold, and text of theirs
stays text. Whatever the source, the same cells come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import objects

#: A number as people write it. With a leading zero (``007``) it is a code, and as ``nan`` or ``inf`` it is no number.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
#: Many of them, a line each; what was matched is never looked at again.
_NUMBERS = re.compile(rf"(?:[ \t]*+(?:{_NUMBER.pattern})[ \t]*+\n)*+")
_AT_ONCE = 2**14
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_ENDLESS = re.compile(r"[+-]?(?:inf|infinity)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}\S*)?")
_TRUTH = {"true": 1.0, "false": 0.0}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Cells:
    """One column.

    Example:
        >>> written(["1.5", "", "2"], [""]).numbers().tolist(), written(["7", "007", ""], [""]).numbers()
        ([1.5, nan, 2.0], None)
    """

    values: NDArray[Any]
    """[rows]: numbers, truth values, or objects that are all text. Where a cell is missing, anything of that kind."""
    missing: NDArray[np.bool_]
    """[rows]."""
    written: bool = False
    """Whether the text may stand for numbers, truth values or times, as in a file that knows nothing but text."""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def textual(self) -> bool:
        """Whether the values are text."""
        return self.values.dtype.kind == "O"

    def numbers(self) -> NDArray[np.float64] | None:
        """The cells as numbers, NaN where missing; infinite where they say so. None where some cell is no number.

        Truth values are 1 and 0, and dates of a file of text are seconds since 1970.
        """
        if not self.textual:
            found = self.values.astype(np.float64)
        elif self.missing.all():
            found = np.empty(len(self))
        elif not self.written:
            return None
        elif (plainly := _plain_numbers(self.values[~self.missing].tolist())) is not None:
            found = np.empty(len(self))
            found[~self.missing] = plainly
        else:
            read = next((all_read for kind in (_number, _truth, _seconds) if (all_read := self._read(kind))), None)
            if read is None:
                return None
            found = np.array([read.get(word, np.nan) for word in self.values.tolist()], dtype=np.float64)
        found[self.missing] = np.nan
        return found

    def measured(self) -> NDArray[Any] | None:
        """The cells as numbers in the narrow sense, whole ones as int64: no truth values of a file of text, no dates.

        None where some cell is none, or is missing.
        """
        if self.missing.any():
            return None
        if not self.textual:
            return self.values
        read = self._read(_number) if self.written else None
        if read is None:
            return None
        words = self.values.tolist()
        return np.array([read[word] for word in words]) if (found := whole(words)) is None else found

    def words(self) -> list[str]:
        """The cells as text; a whole number is written without a point, whatever its type was."""
        if self.textual:
            return [str(word) for word in self.values.tolist()]
        if self.values.dtype.kind == "b":
            return [str(truth) for truth in self.values.tolist()]
        return [plain(number) for number in self.values.tolist()]

    def names(self) -> list[str]:
        """The cells as names of rows or groups: as :meth:`words`, and numbers of a file of text as other sources'."""
        read = self._read(_number) if self.textual and self.written else None
        return self.words() if read is None else [plain(read.get(word, 0.0), word) for word in self.values.tolist()]

    def times(self) -> NDArray[np.float64] | None:
        """The cells as moments: numbers as they are, dates as seconds since 1970 (UTC where they do not say)."""
        dates = Cells(self.values, self.missing, written=True) if self.textual else self
        return dates.numbers()

    def distinct(self) -> list[str]:
        """The words that occur, sorted by code point."""
        present = self.values[~self.missing]
        return sorted(set(Cells(present, np.zeros(len(present), dtype=np.bool_), self.written).words()))

    def _read(self, kind: Callable[[str], float | None]) -> dict[str, float] | None:
        """What every distinct word means, or None where one of them, or the whole column, means nothing."""
        meanings = {}
        for word in set(self.values[~self.missing].tolist()):
            meaning = kind(word)
            if meaning is None:
                return None
            meanings[word] = meaning
        return meanings or None


def unread(rows: int) -> Cells:
    """A column that nobody looks at, in so many rows."""
    return Cells(np.zeros(rows), np.ones(rows, dtype=np.bool_))


def written(words: Sequence[str], missing: Sequence[str]) -> Cells:
    """A column of a file of text; ``missing`` is what stands in a cell without a value."""
    values = objects(words)
    absent = frozenset(missing)
    blank = map(absent.__contains__, map(str.strip, words))
    return Cells(values, np.fromiter(blank, np.bool_, len(words)), written=True)


def from_objects(values: Sequence[Any]) -> Cells | None:
    """A column of Python objects: text, numbers, truth values, None. None where one of them is something else.

    Numbers among text are written out.
    """
    missing = np.fromiter((value is None or value != value for value in values), np.bool_, len(values))  # noqa: PLR0124
    if any(type(value) is date for value in values):  # days, as pandas reads them from Parquet
        values = [datetime(value.year, value.month, value.day) if type(value) is date else value for value in values]
    present = [value for value, absent in zip(values, missing, strict=True) if not absent]
    if not all(isinstance(value, str | Real | Decimal | np.bool_ | datetime) for value in present):
        return None
    truths = [isinstance(value, bool | np.bool_) for value in present]
    texts = [isinstance(value, str) for value in present]
    if present and all(truths):
        return Cells(np.array([bool(value) and not no for value, no in zip(values, missing, strict=True)]), missing)
    if all(isinstance(value, datetime) for value in present) and present:
        return Cells(np.array([0.0 if no else moment(at) for at, no in zip(values, missing, strict=True)]), missing)
    if not any(texts) and not any(isinstance(value, datetime) for value in present):
        return _of_numbers(values, missing)
    words: list[Any] = ["" if absent else _as_text(value) for value, absent in zip(values, missing, strict=True)]
    return Cells(objects(words), missing)


def _of_numbers(values: Sequence[Any], missing: NDArray[np.bool_]) -> Cells:
    numbers = [0 if absent else value for value, absent in zip(values, missing, strict=True)]
    if numbers and all(isinstance(value, int | np.integer) and abs(int(value)) < 2**63 for value in numbers):
        return Cells(np.array([int(value) for value in numbers], dtype=np.int64), missing)
    return Cells(np.array([float(value) for value in numbers], dtype=np.float64), missing)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, bool | datetime) else plain(value)


def plain(number: Any, word: str = "") -> str:
    """A number as text: whole ones without a point. A ``word`` of digits alone is kept, as it may be a long one.

    Example:
        >>> plain(3.0), plain(0.5), plain(12), plain(1e18, "1000000000000000001")
        ('3', '0.5', '12', '1000000000000000001')
    """
    if word and word.strip().isdecimal():
        return word.strip()
    if isinstance(number, int | np.integer):
        return str(int(number))
    value = float(number)
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def _plain_numbers(words: Sequence[str]) -> NDArray[np.float64] | None:
    """The numbers that words are, where each is one and finite: what :func:`_number` says, many times as fast."""
    for begin in range(0, len(words), _AT_ONCE):
        some = words[begin : begin + _AT_ONCE]
        lines = "\n".join([*some, ""])
        if _NUMBERS.fullmatch(lines) is None or lines.count("\n") > len(some):
            return None
    return np.fromiter(map(float, words), np.float64, len(words))


def _number(word: str) -> float | None:
    stripped = word.strip()
    if _NUMBER.fullmatch(stripped) is not None or _ENDLESS.fullmatch(stripped) is not None:
        return float(stripped)
    return None


def _truth(word: str) -> float | None:
    return _TRUTH.get(word.strip().lower())


def _seconds(word: str) -> float | None:
    stripped = word.strip()
    if _DATE.fullmatch(stripped) is None:
        return None
    try:
        return moment(datetime.fromisoformat(stripped))
    except (ValueError, OverflowError):
        return None


def moment(time: datetime) -> float:
    """Seconds since 1970, to the microsecond; UTC where the time does not say.

    Example:
        >>> moment(datetime(1970, 1, 2))
        86400.0
    """
    aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    past = aware - _EPOCH
    return ((past.days * 86400 + past.seconds) * 10**6 + past.microseconds) / 10**6


def whole(words: Sequence[str]) -> NDArray[np.int64] | None:
    """Whole numbers, where all words are such: no digit is lost, as one would be on the way through float64."""
    if not all(_WHOLE.fullmatch(word.strip()) for word in words):
        return None
    return np.array([int(word) for word in words], dtype=np.int64)
