"""What a row is, as numbers: a digest of its inputs, and an id that does not depend on its place in the file."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bytes that are brought into the order of a row at a time.
_BLOCK = 64 * 2**20


def row_digests(inputs: NDArray[Any]) -> NDArray[np.bytes_]:
    """SHA-256 of every row's shape and values.

    Args:
        inputs: [rows, *shape], float32 or int32.

    Returns:
        Hexadecimal digests [rows], dtype S64: equal exactly where rows are.

    Example:
        >>> one, other, again = row_digests(np.array([[1, 2], [1, 3], [1, 2]], dtype=np.float32))
        >>> bool(one == again), bool(one == other)
        (True, False)
    """
    start = hashlib.sha256(repr(inputs.shape[1:]).encode())
    kind = "<i4" if inputs.dtype == np.int32 else "<f4"
    width = np.dtype(kind).itemsize * math.prod(inputs.shape[1:])
    raw = bytearray()
    for block in _blocks(inputs, max(1, _BLOCK // max(1, width))):
        values = np.ascontiguousarray(block, dtype=kind).reshape(-1).view(np.uint8).data
        for begin in range(0, len(values), width):
            content = start.copy()
            content.update(values[begin : begin + width])
            raw += content.digest()
    return np.frombuffer(raw.hex().encode(), dtype="S64")


def _blocks(inputs: NDArray[Any], rows: int) -> Iterator[NDArray[Any]]:
    """The rows in pieces, as they may be in a file that is larger than memory."""
    for begin in range(0, len(inputs), rows):
        yield inputs[begin : begin + rows]


def row_ids(digests: NDArray[np.bytes_], labels: NDArray[Any]) -> NDArray[np.uint64]:
    """One id per row: the head of its digest, plus 0, 1, 2, … where rows repeat exactly.

    Reordering a file therefore reorders its ids and changes nothing else: what randomness says about a row stays with
    the row. Repeats are counted in the order of their labels, so that one with another label keeps its id too. Two
    different rows share an id with probability below rows² / 2⁶⁴.

    Args:
        digests: from :func:`row_digests`.
        labels: class numbers [rows], or several labels or values [rows, outputs].

    Returns:
        Ids [rows].
    """
    heads, content = np.unique(digests, return_inverse=True)
    order = np.lexsort((*np.atleast_2d(labels.T)[::-1], content))
    counts = np.bincount(content)
    repeat = np.empty(len(order), dtype=np.uint64)
    repeat[order] = np.arange(len(order)) - (np.cumsum(counts) - counts)[content[order]]
    return _heads(heads)[content] + repeat


def _heads(digests: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """The first 64 bits of hexadecimal digests."""
    numbers: NDArray[Any] = np.frombuffer(bytes.fromhex(digests.tobytes().decode()), dtype="<u8")
    return numbers.reshape(len(digests), -1)[:, 0].astype(np.uint64)
