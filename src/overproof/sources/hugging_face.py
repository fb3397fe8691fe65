"""Data sets of Hugging Face: saved to a folder, a folder of files that ``datasets`` understands, or a name of the hub.

``hf:PATH``, ``hf:PATH#SPLIT`` or ``hf:PATH#CONFIGURATION/SPLIT``; the split is ``train`` unless another is named. A
folder is read where it is. Any other name is the hub's: ``datasets`` takes it from its cache, or fetches it unless
``HF_HUB_OFFLINE=1`` forbids. Programs that a data set brings are not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from overproof.data.arrays import one_line
from overproof.data.content import row_digests, row_ids
from overproof.data.dataset import Dataset
from overproof.errors import DataError, MissingInputError, OverproofError, StudyError, UnsafeError, nearest
from overproof.sources import delimited
from overproof.sources.cells import Cells
from overproof.sources.extras import imported
from overproof.sources.hf_columns import Labels, as_table, in_order
from overproof.sources.pictures import stacked
from overproof.sources.roles import Table
from overproof.sources.tables import as_dataset
from overproof.sources.texts import is_prose
from overproof.study import Data

PREFIX = "hf:"


class Place(NamedTuple):
    """What a source names."""

    path: str
    configuration: str | None
    split: str | None

    @classmethod
    def of(cls, source: str) -> Place:
        """Taken apart.

        Example:
            >>> Place.of("hf:glue#sst2/train"), Place.of("hf:rows#test").split, Place.of("hf:my/rows").path
            (Place(path='glue', configuration='sst2', split='train'), 'test', 'my/rows')
        """
        path, _, inside = source.removeprefix(PREFIX).partition("#")
        configuration, _, split = inside.rpartition("/")
        return cls(path, configuration or None, split or None)


def recognises(source: str) -> bool:
    """Whether a source begins with ``hf:``."""
    return source.startswith(PREFIX)


def load(source: str, data: Data, labelled: bool = True) -> Dataset:
    """The rows of one split.

    Class names keep the order that the data set gives them; those without a row are left out. Images are decoded as in
    a folder of images. Rows are texts where ``data.text`` names their column, or where the only column of text that is
    left for features is all that is left, or holds prose.

    Args:
        source: ``hf:PATH`` and what may follow.
        data: the study's table.
        labelled: False leaves the target out.

    Raises:
        MissingInputError: when there is no such data set.
        MissingExtraError: when ``datasets`` is not installed.
        DataError: when it is damaged, has no such column, or holds what no model can take.
        StudyError: when it has no such split.
        UnsafeError: when it is a program.
    """
    place = Place.of(source)
    if not place.path:
        raise StudyError(f"data.source {source!r} names no data set; write hf:PATH or hf:PATH#SPLIT")
    library = imported("datasets", "hf", f"data.source {source!r}")
    with _quietly(library), _reading(place):
        data, table, labels, pictures = _read(library, place, data, labelled=labelled)
        if pictures is not None:
            table = _without_features(table, data, pictures)
        elif data.text is None and (text := text_column(table, data)) is not None:
            data = data.model_copy(update={"text": text})
        dataset = in_order(as_dataset(table, data, labelled, main=labelled, labels=labels.beside), labels)
        if pictures is None:
            return dataset
        inputs, notes = stacked(pictures, lambda row: f"{table.called} row {row:,}", table.called, data.size)
    ids = row_ids(row_digests(inputs), dataset.labels)
    return replace(dataset, inputs=inputs, ids=ids, columns=None, notes=(*dataset.notes, *notes))


def columns(source: str, data: Data) -> tuple[Data, Table, bool]:
    """What there is to see before it is decided what the columns are for.

    Returns:
        The study's table, with the target where the data set tells it and it is a column of cells; the columns; and
        whether that is not all: rows are images, or the labels are lists.

    Raises:
        OverproofError: as for :func:`load`.
    """
    place = Place.of(source)
    library = imported("datasets", "hf", f"data.source {source!r}")
    with _quietly(library), _reading(place):
        data, table, labels, pictures = _read(library, place, data, labelled=True)
        return data, table, pictures is not None or labels.beside is not None


def text_column(table: Table, data: Data) -> str | None:
    """The only column of text that is left for features, if it is all that is left, or holds prose."""
    left = [name for name in table.columns if name not in _roles(data)]
    words = [name for name in left if table.columns[name].textual and table.columns[name].numbers() is None]
    if len(words) != 1:
        return None
    cells = table.columns[words[0]]
    return words[0] if len(left) == 1 or is_prose(cells.values[~cells.missing].tolist()) else None


def _roles(data: Data) -> set[str | None]:
    """The columns that are no features."""
    targets = [data.target] if isinstance(data.target, str) else data.target or []
    return {*targets, *data.ignore, data.groups, data.time, data.id}


class _Pictures(Sequence[bytes | Path]):
    """The images of a column, read when they are asked for."""

    def __init__(self, rows: Any, column: str, called: str) -> None:
        self.rows, self.column, self.called = rows, column, called

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: Any) -> Any:
        stored = self.rows[int(row)][self.column]
        if stored is None:
            raise DataError(f"{self.called} row {row:,} column {self.column!r} has no image")
        if stored["bytes"] is not None:
            return stored["bytes"]
        return Path(stored["path"])  # a file beside the data set, never an address to fetch


def _read(library: Any, place: Place, data: Data, *, labelled: bool) -> tuple[Data, Table, Labels, _Pictures | None]:
    """The split's columns, what is known of its labels, and its images if it has any."""
    found, split = _opened(library, place)
    called, name = f"{PREFIX}{place.path} split {split!r}", Path(place.path).name
    if isinstance(found, list):  # files of text: read as such files always are
        tables = [delimited.read(Path(file), data) for file in found]
        return data, _joined(tables, called, name), Labels(), None
    found.data.validate(full=True)  # a damaged file may hold offsets that lead out of it
    images = [
        column
        for column, feature in found.features.items()
        if isinstance(feature, library.Image) and column not in data.ignore
    ]
    if len(images) > 1:
        raise DataError(
            f"{called} has {len(images)} columns of images ({', '.join(images)}); put all but one in data.ignore"
        )
    data, table, labels = as_table(library, found, data, called, name, labelled=labelled)
    if not images:
        return data, table, labels, None
    undecoded = found.select_columns(images).cast_column(images[0], library.Image(decode=False))
    return data, table, labels, _Pictures(undecoded, images[0], called)


def _without_features(table: Table, data: Data, pictures: _Pictures) -> Table:
    """A table of images: a stand-in for these, and the columns that are labels, groups, times or names."""
    if data.text is not None:
        raise StudyError(
            f"data.text has no use with {table.called}, whose rows are images; for its texts put {pictures.column!r} "
            "in data.ignore"
        )
    kept = {name: cells for name, cells in table.columns.items() if name in _roles(data)}
    stand_in = Cells(np.zeros(len(pictures)), np.zeros(len(pictures), dtype=np.bool_))
    return replace(table, columns={**kept, pictures.column: stand_in})


def _joined(tables: Sequence[Table], called: str, name: str) -> Table:
    """The rows of several files of text, one after another."""
    first, *others = tables
    for other in others:
        if list(other.columns) != list(first.columns):
            raise DataError(f"{other.called} has the columns {other.listed()}, but {first.called} has {first.listed()}")
    if not others:
        return replace(first, name=name)
    columns = {}
    for column in first.columns:
        cells = [table.columns[column] for table in tables]
        values, missing = (np.concatenate(parts) for parts in zip(*((c.values, c.missing) for c in cells), strict=True))
        columns[column] = Cells(values, missing, written=True)
    return Table(called, name, columns)


def _opened(library: Any, place: Place) -> tuple[Any, str]:
    """The rows of the split that was asked for, or its files where these are CSV; and the split's name."""
    folder = Path(place.path)
    if (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file():
        if place.configuration is not None:
            raise StudyError(
                f"data.source: {PREFIX}{place.path} has no configurations; write {PREFIX}{place.path}#SPLIT"
            )
        saved = library.load_from_disk(place.path)
        if not isinstance(saved, library.DatasetDict):
            return saved, _chosen([str(saved.split or "train")], place)
        split = _chosen(list(saved), place)
        return saved[split], split
    _check_there(library, place)
    where = str(folder.resolve()) if folder.is_dir() else place.path
    builder = library.load_dataset_builder(where, place.configuration)
    files = builder.config.data_files or {}
    if type(builder).__module__.endswith("csv.csv") and folder.is_dir():
        split = _chosen([str(name) for name in files], place)
        return [str(file) for file in files[split]], split
    found = library.load_dataset(where, place.configuration)
    split = _chosen(list(found), place)
    return found[split], split


def _check_there(library: Any, place: Place) -> None:
    """Refuse what is no folder and cannot be a name of the hub: ``data`` or ``owner/data``."""
    path = Path(place.path)
    if path.is_file():
        raise StudyError(f"data.source: {path} is a file; name it without {PREFIX!r}")
    if path.is_dir():
        return
    # datasets takes "csv" for all CSV files of the current folder
    no_name = place.path.startswith((".", "/", "~")) or hasattr(library.packaged_modules, place.path)
    if no_name or place.path.count("/") > 1:
        raise MissingInputError(f"data.source: {place.path} does not exist (current folder {Path.cwd()})")


def _chosen(splits: Sequence[str], place: Place) -> str:
    if place.split is None and (len(splits) == 1 or "train" in splits):
        return "train" if "train" in splits else splits[0]
    if place.split in splits:
        return str(place.split)
    if place.split is None:
        raise StudyError(
            f"data.source: {PREFIX}{place.path} has no split 'train'; name one of {', '.join(splits)} as "
            f"{PREFIX}{place.path}#{splits[0]}"
        )
    raise StudyError(f"data.source: {PREFIX}{place.path} has no split {place.split!r}; {nearest(place.split, splits)}")


@contextmanager
def _quietly(library: Any) -> Iterator[None]:
    """Without progress bars and remarks."""
    bars, level = not library.are_progress_bars_disabled(), library.logging.get_verbosity()
    library.disable_progress_bars()
    library.logging.set_verbosity(library.logging.CRITICAL)
    try:
        yield
    finally:
        library.logging.set_verbosity(level)
        if bars:
            library.enable_progress_bars()


@contextmanager
def _reading(place: Place) -> Iterator[None]:
    """Whatever ``datasets`` raises, in one sentence."""
    called = f"{PREFIX}{place.path}"
    try:
        yield
    except OverproofError:
        raise
    except Exception as error:
        why = one_line(error.__cause__ if isinstance(error.__cause__, Exception) else error)
        if "scripts are no longer supported" in str(error) or "trust_remote_code" in str(error):
            raise UnsafeError(f"data.source: {called} is a program; refused, as loading it would run code") from error
        if Path(place.path).is_dir() or not isinstance(error, OSError):
            raise DataError(f"data.source: {called} cannot be read as a data set ({why})") from error
        raise MissingInputError(
            f"data.source: {called} is neither a folder in {Path.cwd()}, nor in the cache of datasets, nor on the hub "
            f"as far as it can be reached ({why})"
        ) from error
