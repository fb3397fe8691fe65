"""JSON records: an object on every line (``.jsonl``, ``.ndjson``), or a list of objects (``.json``); gzipped or not.

The values of a record are text, numbers, true, false or null, and keep their kind: ``"007"`` and ``7`` are never taken
for one another. A name that a record leaves out is a missing value, as null and NaN are.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import DataError
from overproof.sources.cells import Cells, from_objects
from overproof.sources.delimited import decoded, short_name
from overproof.sources.files import missing
from overproof.sources.roles import TARGETS, Table
from overproof.sources.tables import as_dataset
from overproof.study import Data

_NAMED = re.compile(r"\.(jsonl|ndjson|json)(\.gz)?$", re.IGNORECASE)
_KINDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def recognises(path: Path, data: Data) -> bool:
    """Whether a file is named like JSON records.

    Example:
        >>> recognises(Path("data.jsonl.gz"), Data(source="data.jsonl.gz"))
        True
    """
    return _NAMED.search(path.name) is not None


def load(path: Path, data: Data, labelled: bool = True) -> Dataset:
    """The records of a file; see :mod:`overproof.sources.tables` for what their values mean."""
    return as_dataset(read(path, data), data, labelled)


def read(path: Path, data: Data) -> Table:
    """The records of a file as columns, in the order in which their names first occur.

    Raises:
        MissingInputError: when it is not there.
        DataError: not text in the encoding, or as for :func:`records`.
        StudyError: an encoding that is none.
        StorageError: when it cannot be read.
    """
    if not path.is_file():
        raise missing(path)
    found, lines = records(decoded(path, data.encoding), str(path), data.ignore)
    targets = {data.target} if isinstance(data.target, str) else set(data.target or ())
    columns = {}
    for name, values in found.items():
        cells = from_objects(values)
        assert cells is not None, "records hold text, numbers and truth values"
        is_label = name in targets or (not targets and name.casefold() in TARGETS)
        columns[name] = cells if is_label else _with_gaps(cells, frozenset(data.missing))
    return Table(str(path), short_name(path), columns, lines)


def records(text: str, called: str, ignore: Collection[str] = ()) -> tuple[dict[str, list[Any]], list[int] | None]:
    r"""The records of a text as columns.

    Args:
        text: of the whole file.
        called: what messages call the file.
        ignore: names whose values are not looked at.

    Returns:
        By name, one value for every record: text, a number, a truth value, or None where it is missing. A column holds
        one kind. And the line of each record; None where they are a list.

    Raises:
        DataError: what is not JSON, no records, a value that is a list or an object, a name that occurs twice in a
            record, or a column of several kinds; each with its line.

    Example:
        >>> records('{"a": 1}\n{"a": 2, "b": "x"}\n', "data.jsonl")
        ({'a': [1, 2], 'b': [None, 'x']}, [1, 2])
    """
    found: dict[str, list[Any]] = {}
    kinds: dict[str, tuple[str, str]] = {}
    lines: list[int] = []
    for count, (line, where, record) in enumerate(_records(text, called)):
        lines.append(line)
        for name, value in record.items():
            column = found.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(None if name in ignore else _checked(value, name, f"{called} {where}"))
            _same_kind(column[-1], name, called, where, kinds)
    if not lines:
        raise DataError(f"{called} has 0 records")
    for column in found.values():
        column.extend([None] * (len(lines) - len(column)))
    return found, lines if lines[0] else None


def _with_gaps(cells: Cells, blanks: Collection[str]) -> Cells:
    """Text that stands for a missing value is one."""
    if not cells.textual:
        return cells
    blank = np.fromiter((word.strip() in blanks for word in cells.values.tolist()), np.bool_, len(cells))
    return Cells(cells.values, cells.missing | blank)


def _checked(value: Any, name: str, where: str) -> Any:
    """A value, or None where it is missing."""
    if isinstance(value, list | dict):
        raise DataError(
            f"{where}: {name!r} holds {_KINDS[type(value)]}; a value must be text, a number, true, false or null, or "
            "its name must stand in data.ignore"
        )
    if isinstance(value, float) and not math.isfinite(value):
        if math.isinf(value):
            raise DataError(f"{where}: {name!r} is infinite, or too large for a number")
        return None
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DataError(f"{where}: {name!r} is not valid Unicode") from None
    if isinstance(value, int) and abs(value) >= 2**1023:
        raise DataError(f"{where}: {name!r} is too large for a number")
    return value


def _same_kind(value: Any, name: str, called: str, where: str, kinds: dict[str, tuple[str, str]]) -> None:
    if value is None:
        return
    kind = _KINDS[type(value)]
    before, there = kinds.setdefault(name, (kind, where))
    if before != kind:
        raise DataError(f"{called} {where}: {name!r} is {kind}, but {before} in {there}; give it one kind")


def _records(text: str, called: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Every record, its line from 1, or 0 in a list, and where it stands in words; rows of a list count from 0."""
    if text.lstrip().startswith("["):
        for row, record in enumerate(_parsed(text, called)):
            yield 0, f"row {row:,}", _object(record, f"{called} row {row:,}")
        return
    if text.lstrip().split("\n", 1)[0].strip() == "{":
        raise DataError(f"{called} holds one object of many lines; records are an object a line, or a list of objects")
    for number, line in enumerate(text.split("\n"), start=1):  # not splitlines: it knows breaks that JSON does not
        if line.strip():
            where = f"line {number:,}"
            yield number, where, _object(_parsed(line, f"{called} {where}"), f"{called} {where}")


def _object(record: Any, where: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        kind = "null" if record is None else _KINDS[type(record)]
        raise DataError(f"{where} is {kind}; every record must be an object of names and values")
    return record


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        line = f" line {error.lineno:,}" if "\n" in text else ""
        why = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise DataError(f"{where}{line} column {error.colno:,} is not JSON ({why})") from None
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 5,000 brackets
        raise DataError(f"{where} is no JSON that can be read ({one_line(error)})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{twice!r} occurs twice in one record")
    return found
