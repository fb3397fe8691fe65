"""From what a study says under ``[data]`` to a data set.

A source is ``"digits"``, ``"hf:…"``, the name of a plug-in, or a path. Each kind of path is a module with
``recognises(path, data)`` and ``load(path, data, labelled)``; a kind that makes tables also has ``read(path, data)``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from overproof.data.dataset import TEST, Dataset, limited
from overproof.errors import DataError, MissingInputError, OverproofError, StorageError, StudyError, nearest
from overproof.sources import delimited, digits, hugging_face, idx, images, json_lines, live, npy, parquet, plugins
from overproof.sources.files import missing
from overproof.sources.joining import joined, numbered
from overproof.sources.roles import Table
from overproof.sources.tables import as_dataset
from overproof.study import Data

_DIGITS = "digits"
_UNLABELLED, _TEST = "data.unlabelled", "protocol.test"


class Kind(Protocol):
    """A kind of file or folder."""

    def recognises(self, path: Path, data: Data) -> bool:
        """Whether the path is of this kind."""

    def load(self, path: Path, data: Data, labelled: bool = True) -> Dataset:
        """Its rows."""


class TableKind(Kind, Protocol):
    """A kind of file that holds a table."""

    def read(self, path: Path, data: Data) -> Table:
        """Its columns."""


#: The first that recognises a path reads it.
TABLES: tuple[TableKind, ...] = (delimited, parquet, json_lines)
KINDS: tuple[Kind, ...] = (idx, npy, *TABLES, images)
_READABLE = (
    ".csv, .tsv, .jsonl and .json (also .gz), .parquet, .arrow and .feather, .npz, .npy, IDX, and a folder of images "
    "for every class"
)


def load(data: Data, seed: int, test: str | None = None) -> Dataset:
    """Load the rows a study is about: those with labels, those of ``data.unlabelled``, and an official test set.

    Args:
        data: the study's table; paths are relative to the current folder. ``module:function`` sources are code, and not
            loaded here.
        seed: chooses the rows under ``data.limit``.
        test: the study's ``protocol.test``: a column of the table that is true in test rows, or another source.

    Raises:
        MissingInputError: when a file is not there.
        DataError: when the data are damaged or do not fit together.
        StorageError: when a file cannot be read.
        UnsafeError: when a file stores Python objects.
        StudyError: when the source or the target is not known, or the limit too small.

    Example:
        >>> rows = load(Data(source="digits", limit=100), seed=0)
        >>> len(rows), rows.shape, len(rows.classes)
        (100, (1, 8, 8), 10)
    """
    with _readable("data.source", data.source):
        main = _main(data, test)
    dataset = _completed(main, data, test)
    return dataset if data.limit is None else limited(dataset, data.limit, seed)


def from_object(value: Any, data: Data, name: str, test: str | None = None) -> Dataset:
    """The rows that a Python caller gave, completed by those that the study names.

    Args:
        value: a data set, a frame, a pair (inputs, labels), a map-style data set, or a dictionary of inputs and labels,
            and perhaps classes, groups, times, ids, unlabelled rows, and an official test set (a pair).
        data: the study's table; its limit is the caller's to see to.
        name: ``"arrays"``, or what returned the value: for messages, and the data set's name.
        test: as for :func:`load`.

    Raises:
        OverproofError: as for :func:`load`.

    Example:
        >>> from_object(([[1.0], [2.0], [3.0]], ["a", "b", "a"]), Data(source="python:arrays"), "arrays").classes
        ('a', 'b')
    """
    main = live.main(value, data, name, test)
    beside = value if isinstance(value, Mapping) else {}
    more, tested = (
        None if isinstance(beside.get(key), str | Path) else beside.get(key) for key in ("unlabelled", "test")
    )
    given = {}
    if more is not None:
        given[_UNLABELLED] = live.more(more, data, "unlabelled")
    if tested is not None:
        given[_TEST] = live.main(tested, data, "test").dataset
    return _completed(main, data, test, given)


def _completed(main: live.Main, data: Data, test: str | None, given: Mapping[str, Dataset] | None = None) -> Dataset:
    """The main rows with those that were given beside them, or else those that the study names."""
    joining = dict(given or {})
    others: dict[str, tuple[str, Dataset]] = {}
    for key, source in ((_UNLABELLED, data.unlabelled), (_TEST, None if main.tested else test)):
        if source is not None and key not in joining:
            with _readable(key, source):
                others[key] = source, _beside(source, data, key, main.dataset)
    if _TEST in {*joining, *others} and (main.dataset.part == TEST).any():
        how = f"names {test}" if _TEST in others else "is given as rows"
        raise StudyError(f"{_TEST} {how}, but data.source says itself which of its rows are test rows")
    rows = main.dataset
    if others:
        with _readable("data.source", data.source):
            rows, *more = _in_colour(rows, data, others)
        joining |= zip(others, more, strict=True)
    return numbered(joined(rows, joining.get(_UNLABELLED), joining.get(_TEST)))


def _main(data: Data, test: str | None) -> live.Main:
    path, kind = Path(data.source), None
    if _is_path(data.source):
        kind = next((kind for kind in TABLES if kind.recognises(path, data)), None)
        if kind is not None:
            table = kind.read(path, data)
            tested = test in table.columns
            _check_test(test, table, tested)
            return live.Main(as_dataset(table, data, test=test if tested else None), tested)
    elif plugins.called(data.source):
        return live.main(plugins.rows(data.source, data), data, data.source, test)
    return live.Main(_load(data.source, data, "data.source", labelled=True))


def _check_test(test: str | None, table: Table, tested: bool) -> None:
    """Refuse a name that is neither a column nor any source."""
    if test is None or tested or not _is_path(test) or Path(test).exists():
        return
    if not Path(test).suffix and not re.search(r"[/\\]", test):
        raise DataError(
            f"{table.called} has no column {test!r} ({_TEST}), and there is no file or folder of that name in "
            f"{Path.cwd()}; columns are {table.listed()}"
        )


def _is_path(source: str) -> bool:
    """Whether a source can only be a path. One letter before a colon is a Windows drive."""
    return source != _DIGITS and re.match(r"[\w.]{2,}:", source) is None and not plugins.called(source)


def _beside(source: str, data: Data, key: str, main: Dataset) -> Dataset:
    """Rows of another source, to join the main rows."""
    labelled = key == _TEST
    classes = main.task in ("binary", "multiclass")
    own = data.model_copy(update={"source": source, "task": "multiclass" if classes else main.task})
    if plugins.called(source) and source != _DIGITS:
        rows = plugins.rows(source, own)
        return live.main(rows, own, source).dataset if labelled else live.more(rows, own, source)
    return _load(source, own, key, labelled=labelled)


def _load(source: str, data: Data, key: str, *, labelled: bool) -> Dataset:
    if source == _DIGITS:
        if data.target is not None and key == "data.source":
            raise StudyError("data.target has no use with data.source = 'digits', which has its labels")
        return digits.load(data.task)
    if hugging_face.recognises(source):
        return hugging_face.load(source, data, labelled)
    if not _is_path(source):
        raise _unknown(source, key)
    path = Path(source)
    kind = next((kind for kind in KINDS if kind.recognises(path, data)), None)
    if kind is None:
        raise _refused(path, source, key)
    if key == "data.source":
        return kind.load(path, data, labelled)
    if not path.exists():
        raise missing(path, key)
    for tables in TABLES:
        if tables is kind:
            return as_dataset(_more(tables, path, data, labelled), data, labelled, main=False)
    return kind.load(path, _own_target(path, data), labelled)


def _more(kind: TableKind, path: Path, data: Data, labelled: bool) -> Table:
    """The columns of a file of more rows; without labels, a file without a header may lack those of the target."""
    if kind is not delimited or labelled:
        return kind.read(path, data)
    return delimited.read(path, data, [data.target] if isinstance(data.target, str) else data.target or ())


def _own_target(path: Path, data: Data) -> Data:
    """Without a labels file that lies beside the main inputs, and not beside these."""
    folder = path if path.is_dir() else path.parent
    elsewhere = isinstance(data.target, str) and path.suffix != ".npz" and not (folder / data.target).is_file()
    return data.model_copy(update={"target": None}) if elsewhere else data


def _in_colour(main: Dataset, data: Data, others: dict[str, tuple[str, Dataset]]) -> list[Dataset]:
    """All sets; folders of grey images are read in colour where others are coloured."""
    sets = [("data.source", data.source, main), *((key, source, rows) for key, (source, rows) in others.items())]
    depths = {rows.shape[0] for _, _, rows in sets if len(rows.shape) == 3}
    if depths != {1, 3}:
        return [rows for _, _, rows in sets]
    found = []
    for key, source, rows in sets:
        grey = rows.shape[0] == 1 and _is_path(source) and images.recognises(Path(source), data)
        found.append(images.load(Path(source), data, key != _UNLABELLED, channels=3) if grey else rows)
    return found


@contextmanager
def _readable(key: str, source: str) -> Iterator[None]:
    """Turn what the operating system says into a sentence."""
    try:
        yield
    except OverproofError:
        raise
    except OSError as error:
        raise StorageError(f"{key} {source!r} cannot be read ({os.strerror(error.errno or 0)})") from error
    except ValueError as error:  # a path with a NUL in it
        raise MissingInputError(f"{key} {source!r} is no path ({error})") from error


def _refused(path: Path, source: str, key: str) -> OverproofError:
    if path.is_dir():
        expected = (
            f"{idx.OFFICIAL[0]}[.gz] and {idx.OFFICIAL[1]}[.gz], inputs.npy and labels.npy, or a folder of images for "
            "every class"
        )
        return MissingInputError(f"{key}: folder {path} holds no data set; expected {expected}")
    if path.is_file():
        told = "; a table of another name is read where data.columns or data.separator is set" * bool(path.suffix)
        return StudyError(f"{key}: {path} is not a kind of file that can be read; known: {_READABLE}{told}")
    if path.suffix or "/" in source or os.sep in source:
        return missing(path, key)
    return _unknown(source, key)


def _unknown(source: str, key: str) -> StudyError:
    return StudyError(
        f"{key} {source!r} is neither a data set that comes with overproof, nor a plug-in, nor a file or folder in "
        f"{Path.cwd()}; {nearest(source, [_DIGITS, *plugins.names()])}"
    )
