"""Tables of predictions: what a teacher that is elsewhere has said about every row, under the name of the row."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.data.dataset import Dataset
from overproof.errors import MissingInputError, ModelError, StudyError, nearest
from overproof.sources import delimited, npy, parquet
from overproof.sources.cells import Cells
from overproof.sources.files import check_expansion, parsing, read_at_most
from overproof.study import Data, Teacher
from overproof.teachers.classes import listed, match, spelt
from overproof.teachers.outputs import Floats, Kind, Reading, are_probabilities, refuse_percentages
from overproof.teachers.teacher import Shown, Voice

#: What the column, or the array, with the names of rows may be called.
_IDS = ("id", "ids", "key", "keys", "row", "row_id")
_PREFIX = re.compile(r"(p|prob|proba|probability|logit|output|value|prediction)_(.+)", re.IGNORECASE)
_ARRAYS: dict[str, Kind] = {
    "logits": "logits",
    "probabilities": "probabilities",
    "values": "values",
    "predictions": "auto",
    "outputs": "auto",
}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("p", "prob", "proba", "probability"), "probabilities"),
    "logit": "logits",
}


@dataclass(frozen=True, eq=False)
class Said:
    """What a file holds."""

    ids: Sequence[str]
    numbers: Floats
    """[rows of the file, outputs]."""
    names: tuple[str, ...] | None
    """Of the outputs; None where they have none."""
    kind: Kind
    """As its names tell; ``auto`` where they do not."""


class Predictions(Voice):
    """Answers out of a file. They are about the rows themselves: no view changes them."""

    def __init__(self, path: Path, table: Teacher, data: Dataset, where: str) -> None:
        self.name, self.sees_views = f"predictions:{path}", False
        for setting in table.settings:
            if setting != "id":
                hint = nearest(setting, ["id", *Teacher.model_fields])
                raise StudyError(f"[{where}] has no key {setting!r} beside predictions; {hint}")
        if not path.is_file():
            raise MissingInputError(f"{where}.model: {path} does not exist (current folder {Path.cwd()})")
        called, column = str(path), table.settings.get("id")
        said = _archive(path, column) if path.suffix.lower() == ".npz" else _columns(path, column, data)
        order = match(said.names, table.classes, data, called)
        numbers = said.numbers[_rows_of(said.ids, data, called)]
        kind, how = _kind(said, numbers, table, data, called)
        self.notes = (*order.notes, f"{called} holds {kind} ({how})")
        everything = Shown.of(data, np.arange(len(data)))
        self._targets = Reading(called, kind, order).targets(numbers, everything)
        self._data, self._place = data, {name: place for place, name in enumerate(_keys(data))}

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """What the file says about the rows; see :class:`Voice`."""
        rows = shown.rows
        if shown.data is not self._data:
            keys = _keys(shown.data)
            rows = np.array([self._place[keys[row]] for row in rows], dtype=np.int64)
        return self._targets[rows]

    def components(self) -> dict[str, Any] | None:
        """The answers themselves."""
        return {"answers": storage.digest(self._targets.tobytes())}


def _keys(data: Dataset) -> Sequence[str]:
    return data.keys if data.keys is not None else [str(place) for place in range(len(data))]


def _kind(said: Said, numbers: Floats, table: Teacher, data: Dataset, called: str) -> tuple[Kind, str]:
    """What the numbers are, and how that is known."""
    if table.output != "auto":
        return table.output, "as teacher.output says"
    if data.task == "regression":
        return "values", "the task is regression"
    if said.kind != "auto":
        return said.kind, "as the names in it say"
    if are_probabilities(numbers, data.task):
        several = data.task in ("binary", "multiclass") and numbers.shape[1] > 1
        return "probabilities", "all are in 0 to 1" + (", and every row adds up to 1" if several else "")
    refuse_percentages(numbers, data.task, called)
    return "logits", "they are no probabilities"


def _rows_of(ids: Sequence[str], data: Dataset, called: str) -> NDArray[np.int64]:
    """Of every row of the data: where the file speaks of it."""
    place_of: dict[str, int] = {}
    for place, name in enumerate(ids):
        if name in place_of:
            raise ModelError(f"{called} has two answers for row {name!r}; keep one")
        place_of[name] = place
    keys = _keys(data)
    absent = [key for key in keys if key not in place_of]
    if absent:
        named = "as data.id names them" if data.keys is not None else "by their place in the source, from 0"
        raise ModelError(
            f"{called} has no answer for {len(absent):,} of {len(keys):,} rows (first: {listed(absent, 3)}); every row "
            f"needs one, also those without a label, {named}"
        )
    return np.array([place_of[key] for key in keys], dtype=np.int64)


def _columns(path: Path, column: Any, data: Dataset) -> Said:
    """What a CSV or Parquet file holds."""
    source = Data(source=str(path))
    if parquet.recognises(path, source):
        found = parquet.read(path, source)
    elif delimited.recognises(path, source):
        found = delimited.read(path, source)
    else:
        raise StudyError(f"teacher.model: {path} is no table of predictions; known: .csv, .tsv, .parquet, .arrow, .npz")
    cells: dict[str, Cells] = dict(found.columns)
    ids = _id_column(str(path), list(cells), column, data)
    named = cells.pop(ids)
    if named.missing.any():
        raise ModelError(f"{path} column {ids!r} row {int(named.missing.argmax()):,} is empty; every row has a name")
    numbers = {name: numbers for name, each in cells.items() if (numbers := each.numbers()) is not None}
    words = [name for name in cells if name not in numbers and _class_of(name) in data.classes]
    if words:
        raise ModelError(f"{path} column {words[0]!r} holds words; what is said about a class is a number")
    if not numbers:
        raise ModelError(f"{path} has no column of numbers beside {ids!r}; expected one for every class")
    names, kind = _outputs(list(numbers), data)
    stacked = np.stack([*numbers.values()], axis=1)
    if names is not None and set(names) == {str(place) for place in range(len(names))} != set(data.classes):
        stacked, names = stacked[:, np.argsort([int(name) for name in names])], None  # places, and no names
    return Said(named.names(), stacked, names, kind)


def _id_column(called: str, names: Sequence[str], wanted: Any, data: Dataset) -> str:
    if wanted is not None:
        if wanted not in names:
            raise StudyError(f"teacher.id: {called} has no column {wanted!r}; {nearest(str(wanted), names)}")
        return str(wanted)
    others = [name for name in names if _class_of(name) not in data.classes]
    known = [name for name in others if name.lower() in _IDS]
    found = known[:1] if known else others if len(others) == 1 else []
    if not found:
        raise ModelError(
            f"{called} does not say which column names the rows: none is called {', '.join(_IDS[:3])}; name it as "
            f"teacher.id (its columns are {', '.join(names[:10])})"
        )
    return found[0]


def _class_of(name: str) -> str:
    found = _PREFIX.fullmatch(name)
    return name if found is None else found[2]


def _outputs(columns: Sequence[str], data: Dataset) -> tuple[tuple[str, ...] | None, Kind]:
    """The names of the outputs that columns are about, and what they say of their kind."""
    if len(columns) == 1 and data.task in ("binary", "regression") and columns[0] not in data.classes:
        return _only(columns[0], data)
    if set(columns) == set(data.classes):
        return tuple(columns), "auto"
    parts = [_PREFIX.fullmatch(name) for name in columns]
    prefixes = {part[1].lower() for part in parts if part is not None}
    if all(parts) and len(prefixes) == 1:
        return tuple(part[2] for part in parts if part is not None), _KINDS.get(prefixes.pop(), "auto")
    if len(columns) == 1 and data.task == "binary":
        return _second(columns[0], data), "auto"
    return tuple(columns), "auto"


def _only(column: str, data: Dataset) -> tuple[tuple[str, ...] | None, Kind]:
    """One number for every row: a value, or what is said about one of two classes."""
    found = _PREFIX.fullmatch(column)
    prefix = column if found is None else found[1]
    kind = _KINDS.get(prefix.lower(), "auto")
    if data.task == "binary" and found is not None and found[2] in data.classes:
        return _second(found[2], data), kind
    return None, kind


def _second(name: str, data: Dataset) -> tuple[str, ...]:
    """Both classes, the one that a single number is about at the end."""
    return (*(other for other in data.classes if other != name), name)


def _archive(path: Path, column: Any) -> Said:
    """What an NPZ archive holds."""
    arrays = _arrays(path)
    wanted = [column] if column is not None else list(_IDS)
    ids = next((name for name in wanted if name in arrays), None)
    outputs = [name for name in _ARRAYS if name in arrays]
    if ids is None or len(outputs) != 1:
        raise ModelError(
            f"{path} holds the arrays {', '.join(arrays) or 'none'}; expected ids, one of {', '.join(_ARRAYS)}, and "
            "classes, which names the outputs"
        )
    numbers, names = arrays[outputs[0]], arrays.get("classes")
    if arrays[ids].ndim != 1 or numbers.ndim not in (1, 2) or len(numbers) != len(arrays[ids]):
        raise ModelError(
            f"{path}: {ids} has shape {arrays[ids].shape} and {outputs[0]} {numbers.shape}; expected [rows], "
            "[rows, outputs]"
        )
    if numbers.dtype.kind not in "iuf":
        raise ModelError(f"{path}: {outputs[0]} has dtype {numbers.dtype}; expected numbers")
    found = numbers.astype(np.float64).reshape(len(numbers), -1)
    return Said(spelt(arrays[ids]), found, None if names is None else spelt(names), _ARRAYS[outputs[0]])


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an archive; Python objects in them are refused."""
    data = storage.read(path)
    found = {}
    with parsing(path, "an NPZ archive"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            called = f"{path} array {info.filename.removesuffix('.npy')!r}"
            check_expansion(called, info.file_size, len(data))
            with archive.open(info) as stream:
                content = read_at_most(stream, info.file_size + 1)
            found[info.filename.removesuffix(".npy")] = npy.read(content, called)
    return found
