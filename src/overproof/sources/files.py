"""The files that a source names: found, or missed in one sentence, and read without believing what they claim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from overproof.data.arrays import one_line
from overproof.errors import DataError, MissingInputError, OverproofError, StudyError
from overproof.study import Data

#: Compressed values may take this many bytes …
_ROOM = 2**30
#: … or this many times the file's size, whichever is more. Deflate can reach 1032 times; real data do not.
_EXPANSION = 100
_CHUNK = 2**20


def missing(path: Path, what: str = "data.source") -> MissingInputError:
    """The error for a file that is not there."""
    return MissingInputError(f"{what}: {path} does not exist (current folder {Path.cwd()})")


def beside(neighbour: Path, name: str) -> Path:
    """The file that ``data.target`` names: in the folder of the inputs, or else as a path of its own.

    Raises:
        MissingInputError: when it is in neither place.
    """
    for path in (neighbour.parent / name, Path(name)):
        if path.is_file():
            return path
    raise missing(Path(name), "data.target")


def one_target(data: Data, what: str) -> str | None:
    """``data.target``, where it can only be the name of one thing.

    Raises:
        StudyError: when it is a list.
    """
    if isinstance(data.target, list):
        raise StudyError(f"data.target must name {what} here, got a list")
    return data.target


@contextmanager
def parsing(what: object, kind: str) -> Iterator[None]:
    """Turn whatever a parser raises on damaged bytes into a :class:`DataError`.

    Args:
        what: the file, and the array in it.
        kind: what it should be, with its article.
    """
    try:
        yield
    except OverproofError:
        raise
    except Exception as error:  # parsers meet damaged bytes with a dozen exception types
        raise DataError(f"{what} cannot be read as {kind} ({one_line(error)})") from error


def expansion_limit(stored: int) -> int:
    """How many bytes ``stored`` ones may become."""
    return max(_ROOM, _EXPANSION * stored)


def check_expansion(what: object, claimed: int, stored: int) -> None:
    """Refuse a decompression bomb before a byte of it is decompressed.

    Args:
        what: the file, and the array in it.
        claimed: bytes it says it holds.
        stored: bytes it has on the disk.

    Raises:
        DataError: when the claim is beyond 1 GiB and beyond 100 times the file's size.
    """
    if claimed > expansion_limit(stored):
        raise DataError(
            f"{what} claims {claimed:,} bytes out of {stored:,} stored; refused, as that is beyond 1 GiB and beyond "
            f"{_EXPANSION} times its size"
        )


def check_length(what: object, claimed: int, there: int) -> None:
    """Refuse values that are fewer or more than a header says.

    Raises:
        DataError: with both numbers.
    """
    if there < claimed:
        raise DataError(f"{what} is truncated: its header claims {claimed:,} bytes of values, {there:,} are there")
    if there > claimed:
        raise DataError(f"{what} is too long: its header claims {claimed:,} bytes of values, more are there")


def read_at_most(stream: IO[bytes], limit: int) -> bytes:
    """Read up to ``limit`` bytes piece by piece, so that memory follows what is there and not what was claimed."""
    pieces = []
    while limit > 0 and (piece := stream.read(min(_CHUNK, limit))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)
