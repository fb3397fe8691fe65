"""Everything overproof raises on purpose.

    OverproofError                 1   something overproof refuses or cannot do
    ├── StudyError                 2   the study (or a flag) asks for something impossible
    ├── DataError                 65   the data are there, but wrong
    ├── ModelError                65   a teacher or student does not fit the data, or its weights do not fit it
    ├── TrainingError             65   training produced numbers that are not finite
    ├── MissingInputError         66   a file that was named does not exist
    ├── MissingExtraError         69   an optional dependency is not installed
    ├── OutputError               73   the output folder is not ours, in use, or cannot be created
    ├── StorageError              74   reading or writing durable bytes failed, or they are damaged
    └── UnsafeError               77   going on could execute code from a file

A message is one sentence: what, where, what was found, what to do. The numbers are the exit codes of the command line.
Errors that a caller might expect under a built-in name are also that (``StudyError`` is a ``ValueError``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OverproofError(Exception):
    """Base class of every error overproof raises on purpose."""

    exit_code = 1


class StudyError(OverproofError, ValueError):
    """The study, or a flag, asks for something impossible."""

    exit_code = 2


class DataError(OverproofError, ValueError):
    """The data can be read but are wrong: shapes, counts, values, classes."""

    exit_code = 65


class ModelError(OverproofError, ValueError):
    """A model does not fit the data, or its weights do not fit the model."""

    exit_code = 65


class TrainingError(OverproofError, ArithmeticError):
    """Training produced a loss that is not finite."""

    exit_code = 65


class MissingInputError(OverproofError, FileNotFoundError):
    """A file or folder named by the study does not exist."""

    exit_code = 66


class MissingExtraError(OverproofError, ImportError):
    """An optional dependency is needed and not installed."""

    exit_code = 69


class OutputError(OverproofError, OSError):
    """The output folder cannot be used."""

    exit_code = 73


class StorageError(OverproofError, OSError):
    """Durable bytes could not be written, or are damaged."""

    exit_code = 74


class UnsafeError(OverproofError, PermissionError):
    """Going on could execute code that came from a file."""

    exit_code = 77


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that refuses ``name``: the nearest known name, then all of them.

    Example:
        >>> nearest("temprature", ["alpha", "temperature"])
        "did you mean 'temperature'? Known: alpha, temperature"
        >>> nearest("zzz", ["alpha", "temperature"])
        'known: alpha, temperature'
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1)
    listing = ", ".join(names)
    return f"did you mean {close[0]!r}? Known: {listing}" if close else f"known: {listing}"
