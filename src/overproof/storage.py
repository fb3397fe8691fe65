"""Durable bytes: written whole or not at all, and checked before they are believed.

``commit`` writes a temporary file beside the final one, flushes it to the disk, renames it and flushes the folder, so a
reader sees the old file, or the new one, never half of one. ``digest`` names the bytes; whoever keeps a manifest
stores it, and ``read`` refuses bytes that do not match.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import FileIO
from pathlib import Path
from typing import Any

from overproof.errors import StorageError

#: How the name of a file ends that holds the digest of its content.
_NAMED = re.compile(r"-([0-9a-f]{64})\.npy$")
#: Whether what is written now is thrown away soon, so that it need not survive the machine.
_FLEETING: ContextVar[bool] = ContextVar("fleeting", default=False)


@contextmanager
def fleeting() -> Iterator[None]:
    """Write without waiting for the disk while it lasts, in this thread: for folders that are removed afterwards."""
    token = _FLEETING.set(True)
    try:
        yield
    finally:
        _FLEETING.reset(token)


def cache() -> Path:
    """What can be made again: ``$XDG_CACHE_HOME/overproof``; the XDG specification has relative paths ignored."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "overproof"


def digest(data: bytes) -> str:
    """SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def commit(path: Path, data: bytes) -> str:
    """Write ``data`` to ``path`` atomically and durably.

    Args:
        path: the final name; its folder is created when missing.
        data: the whole content.

    Returns:
        The SHA-256 of the content, for the manifest.

    Raises:
        StorageError: when the disk is full or refuses; nothing that existed before is changed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_and_flush(temporary, data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _flush_folder(path.parent)
    except OSError as error:
        raise StorageError(_reason(path, len(data), error)) from error
    return digest(data)


def commit_parts(folder: Path, name: Callable[[str], str], parts: Iterable[bytes]) -> str:
    """Write a file too large for memory, as durably as :func:`commit`, under a name that holds its digest.

    Args:
        folder: created when missing.
        name: from the SHA-256 of the whole content to the file's name.
        parts: the content, piece by piece; whatever they raise is passed on, and nothing is left behind.

    Returns:
        The SHA-256 of the content.

    Raises:
        StorageError: as :func:`commit`.
    """
    temporary = folder / f".{os.getpid()}.{os.urandom(4).hex()}.tmp"
    content = hashlib.sha256()
    try:
        with _reported(folder, 0):
            folder.mkdir(parents=True, exist_ok=True)
            file = temporary.open("xb", buffering=0)  # unbuffered: closing it has nothing left to write
        with file:
            for part in parts:
                content.update(part)
                with _reported(folder, len(part)):
                    _append(file, part)
            with _reported(folder, 0):
                _flush(file.fileno())
        with _reported(folder, 0):
            temporary.replace(folder / name(content.hexdigest()))
            _flush_folder(folder)
    finally:
        temporary.unlink(missing_ok=True)
    return content.hexdigest()


def commit_json(path: Path, value: Any) -> str:
    """Commit ``value`` as canonical JSON: sorted keys, two-space indent, no NaN."""
    text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    return commit(path, text.encode() + b"\n")


def read(path: Path, expected: str | None = None) -> bytes:
    """Read a file whole and check its digest before anyone parses it.

    Args:
        path: the file.
        expected: the SHA-256 its manifest gives, or None when it has none.

    Returns:
        Exactly the bytes that were checked.

    Raises:
        StorageError: when the file cannot be read or its digest differs.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({os.strerror(error.errno or errno.EIO)})") from error
    if expected is not None and digest(data) != expected:
        raise StorageError(
            f"{path} fails its checksum ({len(data):,} bytes, sha256 {digest(data)[:12]}, expected {expected[:12]}): "
            "damaged or edited"
        )
    return data


def whole(path: Path, *, again: bool = False) -> bool:
    """Whether a file ``…-<sha256>.npy`` is there and has the digest in its name.

    Args:
        path: the file.
        again: read every byte, even of a file that this process has found whole before.
    """
    match = _NAMED.search(path.name)
    try:
        found = path.stat()
        if match is None:
            return False
        facts = (str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return (_digest(path) if again else _digest_once(*facts)) == match[1]
    except OSError:
        return False


@functools.lru_cache(maxsize=65_536)
def _digest_once(path: str, *_facts: int) -> str:
    return _digest(Path(path))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_and_flush(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        _flush(file.fileno())


def _flush(descriptor: int) -> None:
    if not _FLEETING.get():
        os.fsync(descriptor)


def _append(file: FileIO, part: bytes) -> None:
    rest = memoryview(part)
    while rest:
        rest = rest[file.write(rest) :]


@contextmanager
def _reported(path: Path, size: int) -> Iterator[None]:
    """What the system refuses, as our own error."""
    try:
        yield
    except OSError as error:
        raise StorageError(_reason(path, size, error)) from error


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no folder descriptors; its rename is durable enough for a crash of the process
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _reason(path: Path, size: int, error: OSError) -> str:
    why = os.strerror(error.errno or errno.EIO)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"disk full while writing {path} ({size:,} bytes); free some space and run the same command again"
    return f"{path} cannot be written ({why})"
