"""Many images as one array: looked at one by one, then decoded by as many threads as there are cores.

Pillow decodes outside Python's lock, so threads are enough. What comes out does not depend on how many there are.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from overproof.errors import DataError, StudyError
from overproof.sources import mapped
from overproof.sources.decoding import MOST_PIXELS, Header, Picture, header, pillow, pixels, strictly

#: Bytes that are decoded before they are put in their place.
_BLOCK = 64 * 2**20
#: Another number where the same image would give other numbers.
_VERSION = 1


class Pictures(NamedTuple):
    """Decoded images."""

    inputs: NDArray[np.float32]
    """[rows, channels, height, width], in [0, 1]."""
    notes: tuple[str, ...]
    """What some of them lost on the way: sentences without a full stop."""


def stacked(
    pictures: Sequence[Picture],
    called: Callable[[int], str],
    what: str,
    size: Sequence[int] | None = None,
    channels: int | None = None,
) -> Pictures:
    """Decode images into one array.

    Args:
        pictures: files, their bytes, or what Pillow has opened; each is asked for twice.
        called: what messages call the image at a place.
        what: what messages call all of them.
        size: height and width to bring them to; None: they must be equal.
        channels: 3 to have colours even where all images are grey.

    Returns:
        One channel where all are grey, three where at least one has colours.

    Raises:
        DataError: for an image as in :mod:`overproof.sources.decoding`, or when their sizes differ.
        StudyError: when ``size`` has too many pixels.
        MissingInputError: when a file does not exist.
        StorageError: when a file cannot be read, or the cache not written.
    """
    if size is not None and size[0] * size[1] > MOST_PIXELS:
        raise StudyError(
            f"data.size = [{size[0]}, {size[1]}] makes {size[0] * size[1]:,} pixels of every image; the most are "
            f"{MOST_PIXELS:,}"
        )
    with strictly():
        headers = [header(picture, called(row)) for row, picture in enumerate(pictures)]
        height, width = _one_size(headers, called, what) if size is None else size
        depth = max(channels or 1, *(each.channels for each in headers), 1)
        shape = (len(headers), depth, height, width)
        blocks = functools.partial(_blocks, pictures, shape, size, called)
        made_from = functools.partial(_made_from, pictures, depth, size)
        return Pictures(mapped.filled(shape, blocks, made_from), tuple(_notes(headers, called, what)))


def _one_size(headers: Sequence[Header], called: Callable[[int], str], what: str) -> tuple[int, int]:
    sizes = Counter((each.height, each.width) for each in headers)
    (common, _), *others = sizes.most_common()
    if others:
        shown = ", ".join(f"{height} × {width} in {count:,}" for (height, width), count in sizes.most_common(3))
        row = next(row for row, each in enumerate(headers) if each[:2] != common)
        raise DataError(
            f"{what} has images of {len(sizes):,} sizes (height × width: {shown}{', …' if len(sizes) > 3 else ''}; the "
            f"first that differs is {called(row)}); set data.size = [height, width], for example [{common[0]}, "
            f"{common[1]}]"
        )
    return common


def _blocks(
    pictures: Sequence[Picture], shape: tuple[int, ...], size: Sequence[int] | None, called: Callable[[int], str]
) -> Iterator[NDArray[np.float32]]:
    def decoded(row: int, picture: Picture) -> NDArray[np.float32]:
        values = pixels(picture, shape[1], size, called(row))
        if values.shape != shape[1:]:
            raise DataError(
                f"{called(row)} is {' × '.join(map(str, values.shape[1:]))} once decoded, which its header does not say"
            )
        return values

    rows, each = shape[0], 4 * int(np.prod(shape[1:]))
    together = max(1, _BLOCK // each)
    with ThreadPoolExecutor(_cores()) as pool:
        for begin in range(0, rows, together):
            places = range(begin, min(rows, begin + together))
            yield np.stack(list(pool.map(decoded, places, [pictures[row] for row in places])))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _made_from(pictures: Sequence[Picture], channels: int, size: Sequence[int] | None) -> dict[str, Any]:
    content = hashlib.sha256()
    for row in range(len(pictures)):
        content.update(_content(pictures[row]))
    decoder = pillow().__version__
    return {"images": content.hexdigest(), "channels": channels, "size": size, "pillow": decoder, "version": _VERSION}


def _content(picture: Picture) -> bytes:
    """SHA-256 of the file, or of the pixels where there is none."""
    if isinstance(picture, Path):
        with picture.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    if isinstance(picture, bytes):
        return hashlib.sha256(picture).digest()
    exif, palette = picture.getexif().tobytes(), picture.getpalette()
    facts = repr((picture.mode, picture.size, exif, palette, picture.info.get("transparency"))).encode()
    return hashlib.sha256(facts + picture.tobytes()).digest()


def _notes(headers: Sequence[Header], called: Callable[[int], str], what: str) -> Iterator[str]:
    counted = Counter(each.conversion for each in headers if each.conversion)
    for conversion, count in sorted(counted.items()):
        first = next(row for row, each in enumerate(headers) if each.conversion == conversion)
        yield f"{what}: {count:,} of {len(headers):,} images {conversion} (first: {called(first)})"
