"""NumPy files: a pair of ``.npy`` files, or one ``.npz`` archive. Python objects in them are refused, never loaded."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.data.columns import numeric
from overproof.data.dataset import Dataset, from_arrays
from overproof.data.inputs import as_inputs
from overproof.errors import DataError, MissingInputError, StudyError, UnsafeError, nearest
from overproof.sources.beside import beside_arrays
from overproof.sources.files import beside, check_expansion, check_length, missing, one_target, parsing, read_at_most
from overproof.sources.unlabelled import without_labels
from overproof.study import Data

#: What inputs and labels are called, as files or as arrays of an archive; the first that is there counts.
INPUTS = ("inputs", "X", "x", "X_train", "x_train")
LABELS = ("labels", "y", "y_train")
#: What else an archive may hold, by the study's key.
BESIDE = {"groups": ("groups",), "time": ("times", "time"), "id": ("ids", "keys")}


def recognises(path: Path, data: Data) -> bool:
    """Whether ``path`` is a folder with an inputs file of a known name, or a file named ``.npy`` or ``.npz``."""
    del data
    return _first_file(path, INPUTS) is not None or path.suffix in (".npy", ".npz")


def load(path: Path, data: Data, labelled: bool = True) -> Dataset:
    """Inputs and labels from a folder, a pair of files or an archive.

    Args:
        path: a folder that holds an inputs file of a known name, an inputs file, or an ``.npz`` archive.
        data: its target says where the labels are: an array of the archive, several arrays, or a file. None finds them
            by the known names. Groups, times and ids are arrays of the archive as well.
        labelled: whether the rows have labels; without, none are looked for.

    Returns:
        A data set named after the folder, or after the archive.

    Raises:
        MissingInputError: when a file is not there.
        DataError: when one is damaged, an array is missing, or the two do not fit.
        UnsafeError: when one stores Python objects.
        StudyError: when the archive has no array of a name that the study says.
    """
    inputs = _first_file(path, INPUTS) or path
    if not inputs.is_file():
        raise missing(inputs)
    if inputs.suffix == ".npz":
        return _load_archive(inputs, data, labelled)
    for key in BESIDE:
        if getattr(data, key) is not None:
            raise StudyError(f"data.{key} names an array of an archive, or a column of a table; {inputs} has neither")
    if not labelled:
        return without_labels(as_inputs(read(storage.read(inputs), str(inputs)), str(inputs)))
    target = one_target(data, "a labels file")
    labels = _labels_beside(inputs) if target is None else beside(inputs, target)
    numbers, names = (read(storage.read(file), str(file)) for file in (inputs, labels))
    called = (str(inputs), str(labels))
    return from_arrays(numbers, names, inputs.resolve().parent.name, task=data.task, called=called)


def read(data: bytes, called: str) -> NDArray[Any]:
    """The array of an ``.npy`` file.

    Args:
        data: the whole file.
        called: what messages call it.

    Raises:
        UnsafeError: when it stores Python objects, which only unpickling could restore.
        DataError: when it is damaged: no header, truncated, too long.
    """
    stream = io.BytesIO(data)
    with parsing(called, "an NPY array"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy remarks on headers that Python 2 wrote
        shape, dtype = _header(stream, called)
        if dtype.hasobject:
            raise UnsafeError(f"{called} stores Python objects; refused because loading it could run code")
        check_length(called, math.prod(shape) * dtype.itemsize, len(data) - stream.tell())
        stream.seek(0)
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        return array


def _header(stream: IO[bytes], called: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise DataError(f"{called} has NPY version {version[0]}.{version[1]}; 1.0 and 2.0 can be read")
    return shape, dtype


def _load_archive(path: Path, data: Data, labelled: bool) -> Dataset:
    content = storage.read(path)
    with parsing(path, "an NPZ archive"), zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename[:-4]: info for info in archive.infolist() if info.filename.endswith(".npy")}
        named = _named(path, members, data)
        inputs, targets = _pair(path, members, data.target, labelled, others=named.values())
        titles = {name: f"{path} array {name!r}" for name in (inputs, *targets, *named.values())}
        arrays = {
            name: read(_member(archive, members[name], title, len(content)), title) for name, title in titles.items()
        }
    numbers, called = arrays[inputs], titles[inputs]
    rows = len(numbers) if numbers.ndim else 0
    extra = beside_arrays({key: arrays[name] for key, name in named.items()}, rows, str(path))
    if not labelled:
        found = as_inputs(numbers, called)
        table = found.ndim == 2 and numbers.dtype != np.uint8
        return without_labels(found, columns=numeric(found.shape[1]) if table else None, **extra)
    labels = arrays[targets[0]] if len(targets) == 1 else _stacked([arrays[name] for name in targets], path)
    of_labels = f"{path} array{'s' * (len(targets) > 1)} {', '.join(map(repr, targets))}"
    dataset = from_arrays(numbers, labels, path.stem, task=data.task, called=(called, of_labels))
    if len(targets) == len(dataset.classes) > 1 and dataset.task in ("regression", "multilabel"):
        extra["classes"] = targets
    return replace(dataset, **extra)


def _stacked(arrays: Sequence[NDArray[Any]], path: Path) -> NDArray[Any]:
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1 or any(array.ndim != 1 for array in arrays):
        found = ", ".join(str(array.shape) for array in arrays)
        raise DataError(f"{path} has targets of the shapes {found}; several targets must all be [rows]")
    return np.stack(arrays, axis=1)


def _named(path: Path, members: Iterable[str], data: Data) -> dict[str, str]:
    """Which arrays hold groups, times and ids, by the study's key; known names are found without it."""
    names, found = list(members), {}
    for key, known in BESIDE.items():
        wanted = getattr(data, key)
        if wanted is not None and wanted not in names:
            raise StudyError(f"data.{key}: {path} has no array {wanted!r}; {nearest(wanted, names)}")
        name = wanted or next((name for name in known if name in names), None)
        if name is not None:
            found[key] = name
    return found


def _pair(
    path: Path, members: Iterable[str], target: str | Sequence[str] | None, labelled: bool, others: Iterable[str]
) -> tuple[str, tuple[str, ...]]:
    """Names of the inputs and of the labels among an archive's arrays."""
    names = list(members)
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    for name in targets:
        if name not in names and labelled:
            raise StudyError(f"data.target: {path} has no array {name!r}; {nearest(name, names)}")
    labels = targets or tuple(name for name in LABELS if name in names)[:1]
    left = [name for name in names if name not in (*labels, *others)]
    alone = (targets or not labelled) and len(left) == 1
    inputs = next((name for name in INPUTS if name in left), left[0] if alone else None)
    if inputs is None or (labelled and not labels):
        wanted = f"inputs ({', '.join(INPUTS)})" if inputs is None else f"labels ({', '.join(LABELS)}, or data.target)"
        raise DataError(f"{path} has no array with a known name for {wanted}; it holds {', '.join(names) or 'none'}")
    return inputs, labels if labelled else ()


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, called: str, stored: int) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{called} is compressed in an unusual way; write it with numpy.savez or numpy.savez_compressed"
        )
    check_expansion(called, info.file_size, stored)
    with archive.open(info) as stream:
        return read_at_most(stream, info.file_size + 1)


def _labels_beside(inputs: Path) -> Path:
    found = _first_file(inputs.parent, LABELS)
    if found is None:
        expected = " or ".join(f"{name}.npy" for name in LABELS[:2])
        raise MissingInputError(f"{inputs} has no labels beside it; expected {expected}, or data.target naming a file")
    return found


def _first_file(folder: Path, names: Iterable[str]) -> Path | None:
    return next((folder / f"{name}.npy" for name in names if (folder / f"{name}.npy").is_file()), None)
