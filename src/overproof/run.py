"""The run folder: who owns it, what it is a run of, and which jobs are done.

A job is a folder inside the run, such as ``train/student-r0-f3``. Its files are committed first and its manifest last:
a job is done exactly when its manifest is there and every file has the digest the manifest gives. Everything else about
resuming follows from that.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from overproof import storage
from overproof.errors import OutputError, StorageError

FORMAT = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Run:
    """A run folder and its jobs."""

    folder: Path

    @classmethod
    def claim(cls, folder: Path, identity: Mapping[str, Any]) -> Run:
        """Create the folder, or take up the run that is there.

        Args:
            folder: where the run lives.
            identity: what it is a run of: JSON values, the same for every process that continues it.

        Raises:
            OutputError: when the folder holds something else, or the run of another study.
        """
        marker = folder / "run.json"
        try:
            ours, foreign = marker.is_file(), _holds_something_else(folder)
        except OSError as error:
            raise OutputError(f"{folder} cannot be used ({error.strerror})") from error
        if ours:
            found = _table(marker)
            if found != {"format": FORMAT, "identity": identity}:
                raise OutputError(
                    f"{folder} is a run of another study ({_first_difference(found.get('identity', {}), identity)}); "
                    "choose another --out, or remove the folder"
                )
            return cls(folder)
        if foreign:
            raise OutputError(f"{folder} exists and is not a run folder; nothing was written, choose another --out")
        try:
            storage.commit_json(marker, {"format": FORMAT, "identity": identity})
        except StorageError as error:
            raise OutputError(f"run folder {folder} cannot be created: {error}") from error
        return cls(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process.

        Raises:
            OutputError: when another process holds it, naming that process.
        """
        holder = self.folder / "holder.json"
        lock = filelock.FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise OutputError(f"run {self.folder} is in use by {_who(holder)}; wait for it, or stop it") from None
        except OSError as error:
            raise OutputError(f"run {self.folder} cannot be locked ({error.strerror})") from error
        try:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            storage.commit_json(holder, {"pid": os.getpid(), "host": socket.gethostname(), "since": now})
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def done(self, job: str) -> bool:
        """Whether every file of the job is there with the digest its manifest gives."""
        try:
            return all(self._matches(job, name, digest) for name, digest in self._manifest(job).items())
        except StorageError:
            return False

    def commit(self, job: str, files: Mapping[str, bytes]) -> None:
        """Make a job done: its files, then its manifest; files of an earlier commit that are not named go."""
        folder = self.folder / job
        digests = {name: storage.commit(folder / name, data) for name, data in files.items()}
        storage.commit_json(folder / _MANIFEST, digests)
        for path in folder.iterdir():
            if path.name not in digests and path.name != _MANIFEST and not path.name.endswith(".tmp"):
                path.unlink()

    def read(self, job: str, name: str) -> bytes:
        """A file of a done job, checked against its digest.

        Raises:
            StorageError: when the job is not done or the file is damaged.
        """
        manifest = self._manifest(job)
        if name not in manifest:
            raise StorageError(f"{self.folder / job} has no {name!r} in its manifest; it has {', '.join(manifest)}")
        return storage.read(self.folder / job / name, manifest[name])

    def files(self, job: str) -> list[str]:
        """Names of a done job's files."""
        return sorted(self._manifest(job))

    def discard(self, job: str) -> None:
        """Remove a job's folder, manifest first, so that it is never half there."""
        (self.folder / job / _MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.folder / job, ignore_errors=True)

    def _manifest(self, job: str) -> dict[str, str]:
        return {name: str(digest) for name, digest in _table(self.folder / job / _MANIFEST).items()}

    def _matches(self, job: str, name: str, digest: str) -> bool:
        storage.read(self.folder / job / name, digest)
        return True


def _table(path: Path) -> dict[str, Any]:
    """A JSON object that was committed."""
    try:
        found = json.loads(storage.read(path))
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{path} is damaged ({error})") from None
    if not isinstance(found, dict):
        raise StorageError(f"{path} is damaged (it holds no JSON object)")
    return found


def _holds_something_else(folder: Path) -> bool:
    """Whether there is more than an interrupted start of our own leaves behind."""
    return folder.exists() and (not folder.is_dir() or any(not path.name.startswith(".") for path in folder.iterdir()))


def _who(holder: Path) -> str:
    try:
        found = _table(holder)
        return f"process {found['pid']} on {found['host']} since {found['since']}"
    except (StorageError, KeyError):
        return "another process"


def _first_difference(found: Any, wanted: Any, path: str = "") -> str:
    """The first place where two identities differ, in words."""
    if isinstance(found, dict) and isinstance(wanted, Mapping):
        for key in {**wanted, **found}:
            if found.get(key) != wanted.get(key):
                return _first_difference(found.get(key), wanted.get(key), f"{path}.{key}" if path else str(key))
    return f"{path.removeprefix('study.') or 'identity'}: {found!r} there, {wanted!r} here"
