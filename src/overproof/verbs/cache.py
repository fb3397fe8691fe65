"""``overproof cache``: what the soft-target store holds, whether it is whole, and what may go."""

from __future__ import annotations

import contextlib
import datetime
import math
import shutil
import time
from dataclasses import dataclass

import filelock

from overproof.errors import StorageError, StudyError
from overproof.targets import store
from overproof.targets.store import Entry


@dataclass(frozen=True)
class Held:
    """An entry of the store. What an incomplete one will be, only its recorder knows."""

    key: str
    complete: bool
    """Whether it has a manifest; whether its bytes are good, :func:`verify` says."""
    size: int
    """Bytes on disk."""
    used_at: float
    """When it was last recorded or read, in seconds since 1970."""
    teacher: str | None = None
    rows: int | None = None
    shape: list[int] | None = None
    """Of one row's outputs."""
    codec: str | None = None
    """As in ``topk(k=5, dtype=float16)``."""

    @property
    def used(self) -> str:
        """When it was last recorded or read, UTC, ISO 8601."""
        return datetime.datetime.fromtimestamp(self.used_at, datetime.UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Verified:
    """What reading every byte found."""

    files: int
    """How many were read."""
    damaged: list[str]
    """Paths of the files that are missing or fail their checksum."""


def held() -> list[Held]:
    """All entries, in the order of their keys.

    Example:
        >>> isinstance(held(), list)
        True
    """
    return [found for _, found in _all()]


def verify() -> Verified:
    """Read every byte of every complete entry and compare digests."""
    files, damaged = 0, []
    for entry in store.entries():
        if not entry.manifest_file.exists():
            continue
        try:
            files += 1 + len(entry.manifest().shards)
            damaged += [str(entry.folder / name) for name in entry.damaged(again=True)]
        except StorageError:
            damaged.append(str(entry.manifest_file))
    return Verified(files, damaged)


def prune(older_than: float | None = None, *, everything: bool = False) -> list[Held]:
    """Remove entries; those that a process is recording stay.

    Without arguments only leftovers go: entries that were never completed, or whose manifest is damaged.

    Args:
        older_than: also remove entries that were not used for this many days.
        everything: remove all.

    Returns:
        What was removed.

    Raises:
        StudyError: when ``older_than`` is not a number of days.
        StorageError: when the store cannot be written.
    """
    if older_than is not None and not (math.isfinite(older_than) and older_than >= 0):
        raise StudyError(f"--older-than must be a number of days, at least 0, got {older_than}")
    limit = math.inf if everything else -math.inf if older_than is None else time.time() - 86_400 * older_than
    removed = []
    for entry, found in _all():
        if (found.teacher is None or found.used_at <= limit) and _remove(entry):
            removed.append(found)
    return removed


def _all() -> list[tuple[Entry, Held]]:
    found = []
    for entry in store.entries():
        with contextlib.suppress(FileNotFoundError):  # removed, or completed, at this very moment
            found.append((entry, _held(entry)))
    return found


def _held(entry: Entry) -> Held:
    complete = entry.manifest_file.exists()
    size = sum(path.stat().st_size for path in entry.folder.iterdir())
    used = (entry.manifest_file if complete else entry.folder).stat().st_mtime
    try:
        manifest = entry.manifest()
        components = manifest.components
        rows, shape, codec = components["rows"]["count"], components["outputs"]["shape"], dict(components["codec"])
    except (StorageError, KeyError, TypeError, ValueError):
        return Held(entry.key, complete, size, used)
    name = codec.pop("name")
    settings = ", ".join(f"{key}={value}" for key, value in sorted(codec.items(), reverse=True))
    return Held(entry.key, complete, size, used, manifest.teacher, rows, shape, f"{name}({settings})")


def _remove(entry: Entry) -> bool:
    """Remove an entry, manifest first, unless a process holds it."""
    try:
        with entry.locked(waiting=None):
            try:
                entry.manifest_file.unlink(missing_ok=True)
                shutil.rmtree(entry.folder)
            except OSError as error:
                raise StorageError(f"{entry.folder} cannot be removed ({error.strerror})") from error
    except filelock.Timeout:
        return False
    return True
