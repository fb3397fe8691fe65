"""Durable bytes: written whole or not at all, and checked before they are believed.

``commit`` writes a temporary file beside the final one, flushes it to the disk, renames it and flushes the folder, so a
reader sees the old file, or the new one, never half of one. ``digest`` names the bytes; whoever keeps a manifest
stores it, and ``read`` refuses bytes that do not match.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from overproof.errors import StorageError


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
        raise StorageError(_reason(path, data, error)) from error
    return digest(data)


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


def _write_and_flush(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no folder descriptors; its rename is durable enough for a crash of the process
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(path: Path, data: bytes, error: OSError) -> str:
    why = os.strerror(error.errno or errno.EIO)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"disk full while writing {path} ({len(data):,} bytes); free some space and run the same command again"
    return f"{path} cannot be written ({why})"
