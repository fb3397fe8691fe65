"""Filling an entry of the store: shard by shard, in constant memory, resumable, with other processes about."""

from __future__ import annotations

import io
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.errors import DataError, StorageError
from overproof.targets.codecs import Codec
from overproof.targets.store import MANIFEST, SCHEMA, Entry, key_of, root

#: Bytes of a shard: an eighth of the entry, so that a random batch meets few of them, within these bounds.
SMALLEST, LARGEST = 1 << 20, 1 << 27
#: Bytes of float32 outputs that are computed at a time.
CHUNK = 1 << 21

#: Outputs [stop − start, *shape] of the rows from start to stop.
Compute = Callable[[int, int], NDArray[np.float32]]


def rows_per_shard(rows: int, row_bytes: int, batch: int) -> int:
    """How many rows a shard holds: whole batches, so that no row's batch depends on where shards end.

    Example:
        >>> rows_per_shard(50_000, 4_000, 256) * 4_000 / 2**20  # MiB of a shard, for 1,000 classes
        24.4140625
    """
    wanted = min(max(rows * row_bytes // 8, SMALLEST), LARGEST)
    return max(1, math.ceil(wanted / (row_bytes * batch))) * batch


@dataclass(frozen=True)
class Recording:
    """What is to be recorded."""

    teacher: str
    """In words."""
    components: dict[str, Any]
    rows: int
    shape: tuple[int, ...]
    codec: Codec
    per_shard: int
    """Rows of a shard; the last may have fewer."""
    batch: int
    """Rows that are computed together."""

    @property
    def entry(self) -> Entry:
        """Its place in the store."""
        return Entry(key_of(self.components))

    def borders(self) -> list[tuple[int, int]]:
        """First row, and the row after the last, of every shard."""
        return [(start, min(start + self.per_shard, self.rows)) for start in range(0, self.rows, self.per_shard)]


def fill(recording: Recording, compute: Compute, say: Callable[[str], None]) -> Entry:
    """Make sure that an entry is complete and whole, computing what is missing and nothing else.

    Args:
        recording: what is to be there.
        compute: the teacher.
        say: told about damage that is repaired, and about waiting for another process.

    Raises:
        StorageError: when the disk cannot hold it, before anything is computed, or cannot be written.
        DataError: when an output does not fit the codec's type, naming the row.
    """
    entry = recording.entry
    if entry.complete():
        entry.touch()
        return entry
    with entry.locked(lambda: say(f"another process is recording soft targets {entry.key[:12]}; waiting for it")):
        if entry.complete():
            return entry
        digests = _finished(recording, say)
        borders = recording.borders()
        missing = [index for index in range(len(borders)) if index not in digests]
        _see_that_it_fits(recording, [borders[index] for index in missing])
        for index in missing:
            digests[index] = _shard(recording, compute, index, *borders[index])
        shards = [digests[index] for index in range(len(borders))]
        storage.commit_json(
            entry.manifest_file,
            {"schema": SCHEMA, "teacher": recording.teacher, "components": recording.components, "shards": shards},
        )
        _tidy(entry, shards)
    return entry


def _finished(recording: Recording, say: Callable[[str], None]) -> dict[int, str]:
    """Digests of the shards that need not be computed again."""
    entry, there = recording.entry, recording.entry.finished()
    kept: dict[int, str] = {}
    for index, (start, stop) in enumerate(recording.borders()):
        good = [digest for digest in there.get(index, []) if storage.whole(entry.shard(index, digest))]
        if good:
            kept[index] = good[0]
        elif index in there or entry.manifest_file.exists():
            found = "failed its checksum" if index in there else "is gone"
            say(f"soft targets {entry.key[:12]}: shard {index} {found}; recomputing {stop - start:,} rows")
    return kept


def _shard(recording: Recording, compute: Compute, index: int, start: int, stop: int) -> str:
    """Compute and commit one shard; returns its digest."""
    entry = recording.entry
    parts = _parts(recording, compute, start, stop)
    return storage.commit_parts(entry.folder, lambda digest: entry.shard(index, digest).name, parts)


def _parts(recording: Recording, compute: Compute, start: int, stop: int) -> Iterator[bytes]:
    """The bytes of a shard: an NPY header, then its rows, a few batches at a time."""
    stored = recording.codec.stored(recording.shape)
    row_bytes = 4 * math.prod(recording.shape)
    step = max(1, CHUNK // (row_bytes * recording.batch)) * recording.batch
    yield _header(stored, stop - start)
    for first in range(start, stop, step):
        last = min(first + step, stop)
        outputs = compute(first, last)
        if outputs.shape != (last - first, *recording.shape):
            raise DataError(f"the teacher returned shape {outputs.shape} for {last - first} rows of {recording.shape}")
        yield recording.codec.encode(outputs, first).tobytes()


def _header(stored: np.dtype[Any], rows: int) -> bytes:
    base, shape = stored.subdtype if stored.subdtype is not None else (stored, ())
    buffer = io.BytesIO()
    facts = {"descr": np.lib.format.dtype_to_descr(base), "fortran_order": False, "shape": (rows, *shape)}
    np.lib.format.write_array_header_1_0(buffer, facts)
    return buffer.getvalue()


def _see_that_it_fits(recording: Recording, borders: Sequence[tuple[int, int]]) -> None:
    """Refuse before the teacher runs what the disk cannot hold."""
    root().mkdir(parents=True, exist_ok=True)
    row = recording.codec.stored(recording.shape).itemsize
    needed, free = sum(stop - start for start, stop in borders) * row, shutil.disk_usage(root()).free
    if needed > free:
        raise StorageError(
            f"the soft targets of {recording.teacher} need {needed:,} bytes and {root()} has {free:,} free; free some "
            'space, use targets.dtype = "float16" or targets.codec = "topk", or set XDG_CACHE_HOME to a larger disk'
        )


def _tidy(entry: Entry, shards: Sequence[str]) -> None:
    """Remove what a killed writer, or damage, has left beside the shards."""
    named = {MANIFEST, *(entry.shard(index, digest).name for index, digest in enumerate(shards))}
    for path in entry.folder.iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
