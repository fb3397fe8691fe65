"""The soft-target store: one folder per content key, shared by all runs of a user.

    $XDG_CACHE_HOME/overproof/<key>/000000-<sha256>.npy   a shard, named by its place and its content
                                    manifest.json         components of the key, digests of all shards; written last
                              <key>.lock                  held while the entry is written or removed

The key is the digest of the components, so an entry answers for exactly what it was made from, and a damaged manifest
cannot pass for another. A shard carries its digest in its name, so it is known to be whole, or not, from the moment it
exists and without a second file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from overproof import storage
from overproof.errors import StorageError

SCHEMA = 1
MANIFEST = "manifest.json"
_SHARD = re.compile(r"(\d{6,})-([0-9a-f]{64})\.npy")


#: Where the store is for the time being; None: where it always is.
_ELSEWHERE: ContextVar[Path | None] = ContextVar("elsewhere", default=None)


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Keep soft targets in a folder of the caller's while it lasts, for this thread and nobody else."""
    token = _ELSEWHERE.set(folder)
    try:
        yield
    finally:
        _ELSEWHERE.reset(token)


def root() -> Path:
    """The store's folder: :func:`overproof.storage.cache`, unless it is :func:`elsewhere`."""
    if (folder := _ELSEWHERE.get()) is not None:
        return folder
    return storage.cache()


def key_of(components: Mapping[str, Any]) -> str:
    """SHA-256 over the components as canonical JSON: the name of their entry."""
    text = json.dumps(components, sort_keys=True, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    return storage.digest(text.encode())


@dataclass(frozen=True)
class Manifest:
    """What an entry holds."""

    teacher: str
    """In words; not part of the key."""
    components: dict[str, Any]
    shards: list[str]
    """SHA-256 of each, in order."""


@dataclass(frozen=True)
class Entry:
    """A place in the store, filled or not."""

    key: str

    @property
    def folder(self) -> Path:
        """Where its shards are."""
        return root() / self.key

    @property
    def manifest_file(self) -> Path:
        """There when the entry is complete; its time of change says when the entry was last used."""
        return self.folder / MANIFEST

    def shard(self, index: int, digest: str) -> Path:
        """The file of a shard."""
        return self.folder / f"{index:06}-{digest}.npy"

    def manifest(self) -> Manifest:
        """The manifest.

        Raises:
            StorageError: when there is none, or it is damaged or of another schema.
        """
        try:
            found = json.loads(storage.read(self.manifest_file))
            manifest = Manifest(
                str(found["teacher"]), dict(found["components"]), [str(each) for each in found["shards"]]
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StorageError(
                f"{self.manifest_file} is damaged; the next comparison that needs it records it again"
            ) from None
        if found.get("schema") != SCHEMA:
            raise StorageError(f"{self.manifest_file} has schema {found.get('schema')!r}; this version reads {SCHEMA}")
        if key_of(manifest.components) != self.key:
            raise StorageError(f"{self.manifest_file} is damaged: its components do not have the key of its folder")
        return manifest

    def finished(self) -> dict[int, list[str]]:
        """Digests in the names of the shards that are there, by their place; two only where a file is left over."""
        found: dict[int, list[str]] = {}
        for path in sorted(self.folder.glob("*.npy")):
            if match := _SHARD.fullmatch(path.name):
                found.setdefault(int(match[1]), []).append(match[2])
        return found

    def damaged(self, *, again: bool = False) -> list[str]:
        """Names of the shards that are missing or fail their checksum.

        Args:
            again: read every byte, even of files that this process has found whole before.

        Raises:
            StorageError: when the manifest cannot be read.
        """
        paths = [self.shard(index, digest) for index, digest in enumerate(self.manifest().shards)]
        return [path.name for path in paths if not storage.whole(path, again=again)]

    def complete(self) -> bool:
        """Whether everything is there and whole."""
        try:
            return not self.damaged()
        except StorageError:
            return False

    @contextmanager
    def locked(self, waiting: Callable[[], None] | None) -> Iterator[None]:
        """Hold the entry for this process; the system lets go of it when the process dies.

        Args:
            waiting: called when another process holds it, which is then waited for; None does not wait.

        Raises:
            filelock.Timeout: when another process holds it and is not waited for.
            StorageError: when the store cannot be used.
        """
        lock = filelock.FileLock(root() / f"{self.key}.lock")
        try:
            root().mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                if waiting is None:
                    raise
                waiting()
                lock.acquire()
        except filelock.Timeout:  # an OSError too
            raise
        except OSError as error:
            raise StorageError(
                f"the store {root()} cannot be used ({error.strerror or error}); set XDG_CACHE_HOME to another folder"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def touch(self) -> None:
        """Remember that it was used now; only ``overproof cache`` looks at it."""
        try:
            os.utime(self.manifest_file)
        except OSError:
            return  # a store that may only be read


def entries() -> list[Entry]:
    """All entries, complete or not, in the order of their keys."""
    if not root().is_dir():
        return []
    return [Entry(path.name) for path in sorted(root().iterdir()) if re.fullmatch("[0-9a-f]{64}", path.name)]


def missing(components: Mapping[str, Any], teacher: str, *, any_weights: bool) -> str | None:
    """Why the store has no entry for these components, where it has one for nearly the same.

    Args:
        components: of the entry that is missing.
        teacher: in words.
        any_weights: whether an entry with other weights counts as the same teacher.

    Returns:
        One sentence that names the components that differ from the nearest entry of this teacher, or None.
    """
    found = []
    for entry in entries():
        try:
            manifest = entry.manifest()
        except StorageError:
            continue
        names = sorted(
            name
            for name in {*components, *manifest.components}
            if components.get(name) != manifest.components.get(name)
        )
        same = any_weights and manifest.teacher == teacher
        if same or not {"weights", "answers"} & {*names}:
            found.append((len(names), names, entry.key))
    if not found:
        return None
    _, names, key = min(found)
    return f"soft targets of {teacher} are recorded anew: {', '.join(names)} differ from those recorded as {key[:12]}"
