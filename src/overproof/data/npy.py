"""NumPy files: a pair of ``.npy`` files, or one ``.npz`` archive. Python objects in them are refused, never loaded."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.data.dataset import Dataset, from_arrays
from overproof.data.files import beside, check_expansion, check_length, missing, parsing, read_at_most
from overproof.errors import DataError, MissingInputError, StudyError, UnsafeError, nearest

#: What inputs and labels are called, as files or as arrays of an archive; the first that is there counts.
INPUTS = ("inputs", "X", "x", "X_train", "x_train")
LABELS = ("labels", "y", "y_train")


def recognises(path: Path) -> bool:
    """Whether ``path`` is a folder with an inputs file of a known name, or a file named ``.npy`` or ``.npz``."""
    return _first_file(path, INPUTS) is not None or path.suffix in (".npy", ".npz")


def load(path: Path, target: str | None) -> Dataset:
    """Inputs and labels from a folder, a pair of files or an archive.

    Args:
        path: a folder that holds an inputs file of a known name, an inputs file, or an ``.npz`` archive.
        target: the labels: an array of the archive, or a file. None finds them by the known names.

    Returns:
        A data set named after the folder, or after the archive.

    Raises:
        MissingInputError: when a file is not there.
        DataError: when one is damaged, an array is missing, or the two do not fit.
        UnsafeError: when one stores Python objects.
        StudyError: when the archive has no array called ``target``.
    """
    inputs = _first_file(path, INPUTS) or path
    if not inputs.is_file():
        raise missing(inputs)
    if inputs.suffix == ".npz":
        return _load_archive(inputs, target)
    labels = _labels_beside(inputs) if target is None else beside(inputs, target)
    numbers, names = (read(storage.read(file), str(file)) for file in (inputs, labels))
    return from_arrays(numbers, names, inputs.resolve().parent.name, called=(str(inputs), str(labels)))


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


def _load_archive(path: Path, target: str | None) -> Dataset:
    data = storage.read(path)
    with parsing(path, "an NPZ archive"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename[:-4]: info for info in archive.infolist() if info.filename.endswith(".npy")}
        pair = _pair(path, members, target)
        called = [f"{path} array {name!r}" for name in pair]
        numbers, names = (
            read(_member(archive, members[name], what, len(data)), what)
            for name, what in zip(pair, called, strict=True)
        )
    return from_arrays(numbers, names, path.stem, called=(called[0], called[1]))


def _pair(path: Path, members: Iterable[str], target: str | None) -> tuple[str, str]:
    """Names of the inputs and labels among an archive's arrays."""
    names = list(members)
    if target is not None and target not in names:
        raise StudyError(f"data.target: {path} has no array {target!r}; {nearest(target, names)}")
    labels = target or next((name for name in LABELS if name in names), None)
    others = [name for name in names if name != labels]
    inputs = next((name for name in INPUTS if name in others), others[0] if target and len(others) == 1 else None)
    if inputs is None or labels is None:
        wanted = f"inputs ({', '.join(INPUTS)})" if inputs is None else f"labels ({', '.join(LABELS)}, or data.target)"
        raise DataError(f"{path} has no array with a known name for {wanted}; it holds {', '.join(names) or 'none'}")
    return inputs, labels


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
