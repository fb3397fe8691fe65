"""From what a study says under ``[data]`` to a data set."""

from __future__ import annotations

import os
import re
from pathlib import Path

from overproof.data import digits, idx, npy
from overproof.data.dataset import Dataset, limited
from overproof.data.files import missing
from overproof.errors import MissingInputError, OverproofError, StorageError, StudyError, nearest
from overproof.study import Data


def load(data: Data, seed: int) -> Dataset:
    """Load the rows a study is about.

    Args:
        data: the study's table; paths are relative to the current folder. ``module:function`` sources are code, and not
            loaded here.
        seed: chooses the rows under ``data.limit``.

    Raises:
        MissingInputError: when a file is not there.
        DataError: when the data are damaged or do not fit together.
        StorageError: when a file cannot be read.
        UnsafeError: when a file stores Python objects.
        StudyError: when the source or the target is not known, or the limit too small.

    Example:
        >>> rows = load(Data(source="digits", limit=100), seed=0)
        >>> len(rows), rows.shape, len(rows.classes)
        (100, (1, 8, 8), 10)
    """
    try:
        dataset = _whole(data)
    except OverproofError:
        raise
    except OSError as error:
        raise StorageError(f"data.source {data.source!r} cannot be read ({os.strerror(error.errno or 0)})") from error
    return dataset if data.limit is None else limited(dataset, data.limit, seed)


def _whole(data: Data) -> Dataset:
    path = Path(data.source)
    if data.source == "digits":
        if data.target is not None:
            raise StudyError("data.target has no use with data.source = 'digits', which has its labels")
        return digits.load()
    if re.match(r"[\w.]{2,}:", data.source):  # "hf:…", "module:function"; one letter is a Windows drive
        raise _unknown(data.source)
    if idx.recognises(path):
        return idx.load(path, data.target)
    if npy.recognises(path):
        return npy.load(path, data.target)
    raise _refused(path, data.source)


def _refused(path: Path, source: str) -> OverproofError:
    expected = f"{idx.OFFICIAL[0]}[.gz] and {idx.OFFICIAL[1]}[.gz], or inputs.npy and labels.npy"
    if path.is_dir():
        return MissingInputError(f"data.source: folder {path} holds no data set; expected {expected}")
    if path.is_file():
        return StudyError(f"data.source: {path} is not a kind of file that can be read; known: IDX, .npy, .npz")
    if path.suffix or "/" in source or os.sep in source:
        return missing(path)
    return _unknown(source)


def _unknown(source: str) -> StudyError:
    return StudyError(
        f"data.source {source!r} is neither a data set that comes with overproof nor a file or folder in {Path.cwd()}; "
        f"{nearest(source, ['digits'])}"
    )
