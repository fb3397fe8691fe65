"""Arrays that are made block by block: in memory, or, where they are large, in a file of the cache that is mapped.

    $XDG_CACHE_HOME/overproof/decoded/<key>-<sha256>.npy

The key says what the array was made from, the digest what is in the file: it is known to be whole, or made again.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.errors import StorageError

#: Arrays up to this many bytes are held in memory.
MOST_IN_MEMORY = 4 * 2**30


def folder() -> Path:
    """Where the files are, in :func:`overproof.storage.cache`."""
    return storage.cache() / "decoded"


def filled(
    shape: tuple[int, ...],
    blocks: Callable[[], Iterable[NDArray[np.float32]]],
    made_from: Callable[[], Mapping[str, Any]],
) -> NDArray[np.float32]:
    """An array of float32 that ``blocks`` fill one after another.

    Args:
        shape: of the whole array.
        blocks: parts of it along its first axis, in order; not called where the file is there.
        made_from: JSON values that decide every number in the array; called where it is kept in a file.

    Returns:
        An array in memory; or, beyond :data:`MOST_IN_MEMORY`, a :class:`numpy.memmap` whose changes stay in memory.

    Raises:
        StorageError: when the file cannot be written.
    """
    if 4 * math.prod(shape) <= MOST_IN_MEMORY:
        array = np.empty(shape, dtype=np.float32)
        begin = 0
        for block in blocks():
            array[begin : begin + len(block)] = block
            begin += len(block)
        return array
    key = storage.digest(json.dumps([shape, dict(made_from())], sort_keys=True, allow_nan=False).encode())
    path = next((path for path in sorted(folder().glob(f"{key}-*.npy")) if storage.whole(path)), None)
    if path is None:
        _make_folder()
        name = f"{key}-{{}}.npy".format
        path = folder() / name(storage.commit_parts(folder(), name, _file(shape, blocks())))
    return _mapped(path)


def _make_folder() -> None:
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the cache {folder()} cannot be used ({error.strerror or error}); set XDG_CACHE_HOME to another folder"
        ) from error


def _file(shape: tuple[int, ...], blocks: Iterable[NDArray[np.float32]]) -> Iterator[bytes]:
    """The bytes of an ``.npy`` file."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    yield header.getvalue()
    for block in blocks:
        yield np.ascontiguousarray(block, dtype="<f4").tobytes()


def file_of(array: NDArray[Any]) -> str | None:
    """The file that an array is a map of; None where it is none, or a part of one."""
    whole = isinstance(array, np.memmap) and array.base is not None and not isinstance(array.base, np.ndarray)
    return str(array.filename) if isinstance(array, np.memmap) and whole else None


def opened(path: Path) -> NDArray[np.float32]:
    """A file of the cache as an array.

    Raises:
        StorageError: when it is gone, or not what its name says.
    """
    if not storage.whole(path):
        raise StorageError(f"the decoded rows {path} are gone or damaged; start the run again, which decodes them anew")
    return _mapped(path)


def _mapped(path: Path) -> NDArray[np.float32]:
    try:
        array: NDArray[np.float32] = np.load(path, mmap_mode="c")
    except OSError:  # the system may refuse to promise memory for changes that nobody will make
        array = np.load(path, mmap_mode="r")
    return array
