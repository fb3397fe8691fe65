"""Features: rows of any kind as numbers whose means and distances say something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import Dataset

#: Words are counted in this many places; two that share one are counted together.
WORDS = 2048
#: Of a column, this many categories have a feature of their own.
CATEGORIES = 64


def features(data: Dataset, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows as features.

    Args:
        data: says what the inputs are.
        inputs: rows of it, or views of them [rows, *shape].

    Returns:
        [rows, features], finite: of texts how often each word occurs, of a table its numbers (the column's mean where
        one is missing) and one feature for every category, of all else the inputs.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> table = from_arrays([[1.0, 2.0], [3.0, 4.0]], [0, 1], "rows")
        >>> features(table, np.array([[1, np.nan], [3, 4]], dtype=np.float32))
        array([[1., 4.],
               [3., 4.]], dtype=float32)
    """
    if data.tokens is not None:
        return _counted(inputs, data.tokens.vocabulary, data.tokens.padding)
    values = inputs.reshape(len(inputs), -1)
    if data.columns is None:
        return values
    numbers = [place for place, column in enumerate(data.columns) if column.categories is None]
    parts = [_filled(values[:, numbers])]
    for place, column in enumerate(data.columns):
        if column.categories is not None:
            known = np.arange(min(CATEGORIES, len(column.categories)))
            parts.append((values[:, [place]] == known).astype(np.float32))
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def name_of(data: Dataset, feature: int) -> str:
    """What a feature is called.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> name_of(from_arrays([[1.0, 2.0], [3.0, 4.0]], [0, 1], "rows"), 1)
        'feature [1]'
    """
    if data.tokens is not None:
        return f"the word with token {feature}" if data.tokens.vocabulary <= WORDS else f"a word (place {feature})"
    if data.columns is None:
        return f"feature [{', '.join(str(index) for index in np.unravel_index(feature, data.shape))}]"
    named = all(column.name == str(place) for place, column in enumerate(data.columns))
    names = [column.name for column in data.columns if column.categories is None]
    for column in data.columns:
        names += [f"{column.name} = {value}" for value in (column.categories or ())[:CATEGORIES]]
    return f"feature [{names[feature]}]" if named else f"column {names[feature]!r}"


def _filled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    missing = np.isnan(values)
    if not missing.any():
        return values
    there = np.where(missing, 0, values)
    means = there.sum(axis=0) / np.maximum(1, (~missing).sum(axis=0))
    return np.where(missing, means, values).astype(np.float32)


def _counted(tokens: NDArray[np.float32], vocabulary: int, padding: int) -> NDArray[np.float32]:
    width = min(WORDS, vocabulary)
    numbers = tokens.reshape(len(tokens), -1).astype(np.int64)
    counts = np.zeros((len(tokens), width), dtype=np.float32)
    rows = np.repeat(np.arange(len(tokens)), numbers.shape[1])
    np.add.at(counts, (rows, numbers.ravel() % width), (numbers != padding).ravel().astype(np.float32))
    return counts
