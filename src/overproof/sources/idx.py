"""IDX files (LeCun, Cortes and Burges, the MNIST database), gzipped or not: MNIST, Fashion-MNIST, … as published.

Four bytes (0, 0, type, number of dimensions), the dimensions as big-endian 32-bit numbers, then the values, big-endian.
"""

from __future__ import annotations

import gzip
import io
import math
import re
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.data.dataset import Dataset, from_arrays
from overproof.data.inputs import as_inputs
from overproof.errors import DataError, MissingInputError, StudyError
from overproof.sources.files import beside, check_expansion, check_length, missing, one_target, parsing, read_at_most
from overproof.sources.unlabelled import without_labels
from overproof.study import Data

OFFICIAL = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def recognises(path: Path, data: Data) -> bool:
    """Whether ``path`` is a folder with the official names, or a file named like an IDX file."""
    del data
    return _packed_or_not(path / OFFICIAL[0]) is not None or re.search(r"idx\d", path.name) is not None


def load(path: Path, data: Data, labelled: bool = True) -> Dataset:
    """The training images and labels of a folder, or an images file with its labels file.

    Args:
        path: a folder that holds the official training files, or an images file.
        data: its target is the labels file; None finds it by its name, ``labels-idx1`` for ``images-idx3``.
        labelled: whether the rows have labels; without, no labels file is looked for.

    Returns:
        A data set named after the folder.

    Raises:
        MissingInputError: when a file is not there.
        DataError: when one is not a sound IDX file, or the two do not fit.
        StudyError: when the labels file can only be guessed, or several targets are named.
    """
    images = _packed_or_not(path / OFFICIAL[0]) or path
    if not images.is_file():
        raise missing(images)
    if not labelled:
        return without_labels(as_inputs(read(images), str(images)))
    target = one_target(data, "a labels file")
    labels = _labels_of(images) if target is None else beside(images, target)
    name, called = images.resolve().parent.name, (str(images), str(labels))
    return from_arrays(read(images), read(labels), name, task=data.task, called=called)


def read(path: Path) -> NDArray[Any]:
    """One IDX file.

    Returns:
        Its values in the shape its header gives.

    Raises:
        DataError: not IDX, truncated, too long, damaged, or a decompression bomb.
        StorageError: when the file cannot be read.
    """
    data = storage.read(path)
    packed = data.startswith(_GZIP)
    with parsing(path, "an IDX file"):
        stream: IO[bytes] = gzip.GzipFile(fileobj=io.BytesIO(data)) if packed else io.BytesIO(data)  # type: ignore[assignment]
        dtype, shape = _header(path, stream)
        claimed = math.prod(shape) * dtype.itemsize
        if packed:
            check_expansion(path, claimed, len(data))
        values = read_at_most(
            stream, claimed + 1
        )  # one more: what is too long shows, and gzip checks its CRC at the end
        check_length(path, claimed, len(values))
        return np.frombuffer(values, dtype=dtype).reshape(shape)


def _header(path: Path, stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = read_at_most(stream, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or magic[3] == 0:
        start = f"starts with {magic.hex(' ')}" if magic else "is empty"
        raise DataError(f"{path} is not an IDX file ({start})")
    sizes = read_at_most(stream, 4 * magic[3])
    check_length(path, 4 * magic[3], len(sizes))
    return np.dtype(_TYPES[magic[2]]), tuple(int(size) for size in np.frombuffer(sizes, dtype=">u4"))


def _labels_of(images: Path) -> Path:
    expected = images.with_name(images.name.replace("images-idx3", "labels-idx1"))
    if expected == images:
        raise StudyError(f"data.target must name the labels file of {images}; its name does not say 'images-idx3'")
    found = _packed_or_not(expected.with_name(expected.name.removesuffix(".gz")))
    if found is None:
        raise MissingInputError(
            f"{images} has no labels file beside it; expected {expected.name}, or data.target naming one"
        )
    return found


def _packed_or_not(path: Path) -> Path | None:
    """``path``, or the same with ``.gz``, whichever is there."""
    return next((file for file in (path, path.with_name(path.name + ".gz")) if file.is_file()), None)
