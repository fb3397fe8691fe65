"""Files of text with one row on a line: CSV and TSV, gzipped or not, read by Python's own reader."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from overproof import storage
from overproof.data.dataset import Dataset
from overproof.errors import DataError, StudyError
from overproof.sources.cells import written
from overproof.sources.files import expansion_limit, missing, parsing, read_at_most
from overproof.sources.roles import Table, check_distinct
from overproof.sources.tables import as_dataset
from overproof.study import Data

_NAME = re.compile(r".+\.(csv|tsv|tab)(\.gz)?", re.IGNORECASE)
#: Read only where the study says how: it names the columns or the separator.
_TOLD = re.compile(r".+\.(data|dat|txt|test|names)(\.gz)?", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_LONGEST_CELL = 2**27


def recognises(path: Path, data: Data) -> bool:
    """Whether ``path`` is named ``.csv`` or ``.tsv``, gzipped or not; or ``.txt``, where the study says more."""
    told = data.columns is not None or data.separator is not None
    return _NAME.fullmatch(path.name) is not None or (told and _TOLD.fullmatch(path.name) is not None)


def load(path: Path, data: Data, labelled: bool = True) -> Dataset:
    """The rows of a file; see :mod:`overproof.sources.tables` for what their cells mean."""
    return as_dataset(read(path, data), data, labelled)


def read(path: Path, data: Data, optional: Sequence[str] = ()) -> Table:
    """The columns of a file.

    The first line names the columns, unless ``data.columns`` does. Blanks after a separator are no part of a cell, and
    empty lines no rows.

    Args:
        path: of the file.
        data: the study's table.
        optional: columns of ``data.columns`` that the file may lack, all of them or none.

    Raises:
        MissingInputError: when it is not there.
        DataError: not text in the encoding, a quote that is never closed, lines of different lengths, no rows, ….
        StudyError: an encoding or a separator that is none.
    """
    if not path.is_file():
        raise missing(path)
    called = str(path)
    separator = data.separator or ("\t" if re.search(r"\.(tsv|tab)(\.gz)?$", path.name, re.IGNORECASE) else ",")
    if len(separator) != 1 or separator in '"\r\n\0':
        raise StudyError(f"data.separator must be one character, and no quote or line break, got {separator!r}")
    records, lines = _records(decoded(path, data.encoding), separator, called)
    if data.columns is not None:
        names = tuple(data.columns)
        shorter = tuple(name for name in names if name not in optional)
        names = shorter if records and len(records[0]) == len(shorter) else names
        if records and tuple(records[0]) == names:  # a header, after all
            del records[0], lines[0]
    else:
        names = tuple(name.strip() for name in records.pop(0)) if records else ()
        del lines[: bool(names)]
    _check_names(names, called, given=data.columns is not None)
    if not records:
        raise DataError(f"{called} has 0 data rows")
    _check_widths(records, lines, len(names), called)
    columns = zip(names, zip(*records, strict=True), strict=True)
    cells = {name: written(column, data.missing) for name, column in columns}
    return Table(called, short_name(path), cells, lines, _hint(names, given=data.columns is not None))


def _hint(names: Sequence[str], *, given: bool) -> str:
    """What a message about a column that is not there adds."""
    other = next((mark for mark in (";", "\t", "|", ",") if len(names) == 1 and mark in names[0]), None)
    if other is not None:
        return f"; is the separator {other!r}? Then set data.separator"
    return "" if given else "; where the file has no header, name its columns in data.columns"


def short_name(path: Path) -> str:
    """The file's name without its endings; the folder's where the name says nothing."""
    return re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE).rpartition(".")[0] or path.name


def decoded(path: Path, encoding: str) -> str:
    """A file of text, unpacked where it is gzipped.

    Raises:
        DataError: not text in that encoding, or a decompression bomb.
        StudyError: when there is no such encoding.
    """
    data = storage.read(path)
    if data.startswith(_GZIP):
        data = _unpacked(path, data)
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # not every codec is one of text
    except (LookupError, ValueError, UnicodeError):
        raise StudyError(f"data.encoding {encoding!r} is no encoding that Python knows; utf-8, latin-1, …") from None
    if b"\0" in data and not codec.name.startswith(("utf-16", "utf-32")):
        raise DataError(f'{path} contains NUL bytes (UTF-16? binary?); if it is text, set data.encoding = "utf-16"')
    try:
        text = data.decode("utf-8-sig" if codec.name == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        advice = "latin-1" if codec.name == "utf-8" else "utf-8"
        raise DataError(
            f"{path} byte 0x{data[error.start]:02X} at line {line:,} is not {codec.name.upper()}; "
            f'set data.encoding = "{advice}" if that is what it is'
        ) from None
    except (ValueError, UnicodeError) as error:
        raise DataError(f"{path} cannot be read as text in {encoding} ({' '.join(str(error).split())})") from None
    if "\0" in text:
        raise DataError(f"{path} contains NUL characters (binary?)")
    return text.removeprefix("\ufeff")  # the byte order mark, which utf-16-le and its like leave there


def _unpacked(path: Path, data: bytes) -> bytes:
    limit = expansion_limit(len(data))
    with parsing(path, "a gzipped file"):
        unpacked = read_at_most(gzip.GzipFile(fileobj=io.BytesIO(data)), limit + 1)  # type: ignore[arg-type]
    if len(unpacked) > limit:
        raise DataError(
            f"{path} expands to more than {limit:,} bytes out of {len(data):,} stored; refused, as that is beyond "
            "1 GiB and beyond 100 times its size"
        )
    return unpacked


def _records(text: str, separator: str, called: str) -> tuple[list[list[str]], list[int]]:
    """The lines that are not empty, as cells; and the number of the line where each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    allowed = csv.field_size_limit(_LONGEST_CELL)
    begin = 1
    try:
        for record in reader:
            alone = bool(records) and len(records[0]) == 1  # in a file of one column, "" is a row
            if record and (len(record) > 1 or record[0].strip() or alone):
                records.append(record)
                lines.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{called} {_quoting(text, separator, (begin, reader.line_num), error)}") from None
    finally:
        csv.field_size_limit(allowed)
    return records, lines


def _quoting(text: str, separator: str, within: tuple[int, int], error: csv.Error) -> str:
    """What is wrong with the quotes of a record, of which the first line and the last that was read are given."""
    begin, reached = within
    lines = io.StringIO(text, newline="").readlines()[begin - 1 : reached]
    opened = begin + _unclosed("".join(lines), separator)
    if "unexpected end of data" in str(error):
        return f"quote opened on line {opened:,} is never closed"
    if "expected after" not in str(error):
        return f"line {reached:,} cannot be read ({error})"
    if opened < reached:
        return (
            f"quote opened on line {opened:,} is never closed (the next quote, on line {reached:,}, "
            "is followed by text)"
        )
    return f"quote opened on line {opened:,} is closed inside the cell; write quotes inside a cell twice"


def _unclosed(record: str, separator: str) -> int:
    """On which line of a record, from 0, the quote is opened that is closed wrongly or never."""
    opened = at = 0
    cell = re.compile(rf' *(?:"((?:[^"]|"")*)(?:"|$)|[^"{re.escape(separator)}\r\n][^{re.escape(separator)}\r\n]*)?')
    while at < len(record):
        found = cell.match(record, at)
        assert found is not None
        if found[1] is not None:
            opened = found.start(1) - 1
            if record[found.end() : found.end() + 1] not in (separator, "\r", "\n"):
                break
        at = found.end() + 1
    return len(re.findall(r"\r\n|\r|\n", record[:opened]))


def _check_names(names: Sequence[str], called: str, *, given: bool) -> None:
    for name, times in Counter(names).items():
        if times > 1 and given:
            raise StudyError(f"data.columns names {name!r} {times} times")
    check_distinct(names, called, "; where the file has no header, name its columns in data.columns")


def _check_widths(records: Sequence[Sequence[str]], lines: Sequence[int], expected: int, called: str) -> None:
    wrong = [place for place, record in enumerate(records) if len(record) != expected]
    if wrong:
        first = ", ".join(f"{lines[place]:,}" for place in wrong[:3]) + (", …" if len(wrong) > 3 else "")
        such = f" ({len(wrong):,} such lines; first: {first})" if len(wrong) > 1 else ""
        found = len(records[wrong[0]])
        fields = f"{found} field{'s' * (found != 1)}"
        raise DataError(f"{called} line {lines[wrong[0]]:,} has {fields}, expected {expected}{such}")
