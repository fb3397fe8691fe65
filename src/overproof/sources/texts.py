"""Rows of text as rows of token numbers: by the built-in hashing tokenizer, or by a tokenizer of transformers.

A transformers tokenizer is data, not code: ``trust_remote_code`` is never given, so one that brings a program of its
own is refused. A folder is read where it is and nothing else is asked. Any other name is the hub's: transformers takes
it from its cache, or fetches it unless ``HF_HUB_OFFLINE=1`` forbids.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import one_line, place
from overproof.data.dataset import Tokens
from overproof.errors import DataError, MissingInputError, UnsafeError
from overproof.sources import hashing
from overproof.sources.extras import imported
from overproof.study import Data

_AT_ONCE = 4096


def tokenised(texts: Sequence[Any], data: Data, called: str = "texts") -> tuple[NDArray[np.int32], Tokens]:
    """The tokens of texts, cut after ``data.length`` and filled up to the longest row.

    Args:
        texts: one for each row; an empty one becomes a row of padding, or of whatever frame the tokenizer puts around
            every text.
        data: names the tokenizer and the length.
        called: what messages call the texts.

    Returns:
        Token numbers [rows, length], and what they are. Where a transformers tokenizer has no padding token, its
        end-of-sequence token stands in, and 0 where it has neither.

    Raises:
        DataError: a row that is not text or not valid Unicode, or nothing but empty texts.
        MissingInputError: when there is no such tokenizer.
        MissingExtraError: when transformers is not installed.
        UnsafeError: when the tokenizer is a program.

    Example:
        >>> rows, tokens = tokenised(["Good morning.", "Good night"], Data(source="notes.csv", text="note"))
        >>> rows.shape, bool(rows[0, 0] == rows[1, 0]), bool(rows[1, 2] == tokens.padding)
        ((2, 3), True, True)
    """
    kept = _checked(texts, called)
    if data.tokenizer == "hashing":
        rows = [hashing.tokens(text, data.length) for text in kept]
        return _filled(rows, hashing.PADDING), Tokens(kept, hashing.BUCKETS, hashing.PADDING)
    tokenizer = pretrained(data.tokenizer)
    rows = _numbered(kept, tokenizer, data)
    padding = next((n for n in (tokenizer.pad_token_id, tokenizer.eos_token_id) if n is not None), 0)
    vocabulary = 1 + max(len(tokenizer) - 1, padding, *(max(row, default=0) for row in rows))
    return _filled(rows, padding), Tokens(kept, vocabulary, padding)


def is_prose(texts: Sequence[str]) -> bool:
    """Whether texts read like sentences rather than categories: most differ, and they have three words or more.

    Example:
        >>> is_prose(["where is my card", "book me a table", "what is new"]), is_prose(["New York", "New York", "Rome"])
        (True, False)
    """
    sample = [text for text in texts[:1000] if text.strip()]
    if not sample or 2 * len(set(sample)) < len(sample):
        return False
    return sum(word.isalpha() for text in sample for word in hashing.words(text)) >= 3 * len(sample)


def _checked(texts: Sequence[Any], called: str) -> tuple[str, ...]:
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(f"{called} {place([row])} is {text!r:.40}, which is not text")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DataError(f"{called} {place([row])} is not valid Unicode") from None
    if not any(text.strip() for text in texts):
        raise DataError(f"{called} has no text in any of its {len(texts):,} rows")
    return tuple(map(str, texts))  # numpy's strings become Python's


def _filled(rows: Sequence[Sequence[int]], padding: int) -> NDArray[np.int32]:
    longest = max(1, *map(len, rows))
    filled = np.full((len(rows), longest), padding, dtype=np.int32)
    for row, numbers in enumerate(rows):
        filled[row, : len(numbers)] = numbers
    return filled


def _numbered(texts: Sequence[str], tokenizer: Any, data: Data) -> list[list[int]]:
    rows: list[list[int]] = []
    try:
        for start in range(0, len(texts), _AT_ONCE):
            batch = list(texts[start : start + _AT_ONCE])
            rows += tokenizer(batch, truncation=True, max_length=data.length, padding=False)["input_ids"]
    except Exception as error:  # a tokenizer's files may be damaged in ways that show only now
        raise DataError(f"data.tokenizer {data.tokenizer!r} cannot read the texts ({one_line(error)})") from error
    if max(map(len, rows)) > data.length:  # as happens where its frame alone is longer
        raise DataError(f"data.tokenizer {data.tokenizer!r} cannot cut to data.length = {data.length}; allow more")
    return rows


def pretrained(name: str) -> Any:
    """The transformers tokenizer of a folder, or of the hub's name.

    Raises:
        MissingInputError: when there is none.
        MissingExtraError: when transformers is not installed.
        UnsafeError: when it is a program.
        DataError: when its files are damaged, or hold no tokenizer.
    """
    there = name != "" and Path(name).is_dir()
    if Path(name).is_file() or not (there or _names_the_hub(name)):
        what = "is a file, not the folder of a tokenizer" if Path(name).is_file() else "does not exist"
        raise MissingInputError(f"data.tokenizer: {name or 'the folder without a name'} {what} (from {Path.cwd()})")
    library = imported("transformers", "hf", f"data.tokenizer {name!r}")
    try:
        return library.AutoTokenizer.from_pretrained(name, local_files_only=there, trust_remote_code=False)
    except Exception as error:  # whatever parsers of damaged files raise
        if "trust_remote_code" in str(error):
            raise UnsafeError(f"data.tokenizer {name!r} is a program; refused, as loading it would run code") from error
        if there:
            raise DataError(f"data.tokenizer: folder {name} holds no sound tokenizer ({one_line(error)})") from error
        raise MissingInputError(
            f"data.tokenizer {name!r} is neither 'hashing', nor a folder in {Path.cwd()}, nor in the cache of "
            f"transformers, nor on the hub as far as it can be reached ({one_line(error)})"
        ) from error


def _names_the_hub(name: str) -> bool:
    """Whether a name could be one of the hub's: ``model`` or ``owner/model``."""
    return bool(name) and not name.startswith((".", "/", "~")) and name.count("/") <= 1
