"""One data set out of the rows with labels, more rows without, and the rows of the official test set.

The main rows keep their places, their names and their ids. The others come after them; their names begin with
``unlabelled:`` and ``test:``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.columns import Column
from overproof.data.content import row_ids
from overproof.data.dataset import TEST, UNLABELLED, Dataset, Tokens
from overproof.errors import DataError, nearest
from overproof.sources.cells import plain
from overproof.sources.tables import MOST_CATEGORIES

_UNLABELLED, _TEST = "data.unlabelled", "protocol.test"
#: What the names of rows that join begin with.
PREFIXES = {_UNLABELLED: "unlabelled:", _TEST: "test:"}
_PARTS = {_UNLABELLED: UNLABELLED, _TEST: TEST}


def joined(main: Dataset, unlabelled: Dataset | None = None, test: Dataset | None = None) -> Dataset:
    """Put data sets into one.

    Categories are those of all of them. A column that is text in one of them is text in all. Columns that the main rows
    do not have are left out.

    Args:
        main: its rows are the labelled ones, unless its own parts say otherwise.
        unlabelled: more rows; their labels, if they have any, are not looked at.
        test: the rows of the official test set.

    Raises:
        DataError: columns or shapes that do not fit together, a label of a test row that is no class of the main rows,
            or rows that take part in no group.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> main = from_arrays([[1.0], [2.0], [3.0]], ["a", "b", "a"], "rows")
        >>> whole = joined(main, test=from_arrays([[4.0], [1.0]], ["b", "a"], "more"))
        >>> whole.labels.tolist(), whole.parts.tolist(), whole.keys
        ([0, 1, 0, 1, 0], [0, 0, 0, 2, 2], ('0', '1', '2', 'test:0', 'test:1'))
    """
    others = {key: other for key, other in ((_UNLABELLED, unlabelled), (_TEST, test)) if other is not None}
    if not others:
        return main
    sets = [main, *others.values()]
    labels = [main.labels, *(_labels(main, key, other) for key, other in others.items())]
    inputs, columns, tokens = _inputs(main, others)
    whole, answers = np.concatenate(inputs), np.concatenate(labels)
    own = [np.full(len(other), _PARTS[key], dtype=np.int8) for key, other in others.items()]
    dataset = replace(
        main,
        inputs=whole,
        labels=answers,
        columns=columns,
        tokens=tokens,
        keys=_keys(main, others),
        groups=_groups(main, others),
        times=None if main.times is None else np.concatenate([_times(each) for each in sets]),
        parts=np.concatenate([main.part, *own]),
        notes=tuple(dict.fromkeys((*(note for each in sets for note in each.notes), *_no_numbers(main, columns)))),
    )
    # where rows repeat, those of the main set come first: who joins them does not change their ids
    beside = answers.reshape(len(whole), -1)
    order = np.repeat(np.arange(len(sets)), [len(each) for each in sets])
    return replace(dataset, ids=row_ids(dataset.row_digests(), np.column_stack((order, beside))))


def _labels(main: Dataset, key: str, other: Dataset) -> NDArray[Any]:
    """The labels of rows that join, as the main rows number them."""
    shape = (len(other), *main.labels.shape[1:])
    if key == _UNLABELLED:
        return np.full(shape, -1 if main.labels.dtype == np.int64 else np.nan, dtype=main.labels.dtype)
    classes = main.labels.dtype == np.int64
    if classes != (other.labels.dtype == np.int64) or (not classes and other.labels.shape != shape):
        raise DataError(
            f"{key} has labels for another task than data.source: {other.task} of {len(other.classes)}, not "
            f"{main.task} of {len(main.classes)}; say data.task"
        )
    if not classes:
        return other.labels[:, _in_order(main, other)] if set(other.classes) == set(main.classes) else other.labels
    numbers = []
    for name in other.classes:
        if name not in main.classes:
            raise DataError(
                f"{key} label {name!r} is not one of the classes of data.source; {nearest(name, main.classes)}"
            )
        numbers.append(main.classes.index(name))
    renamed: NDArray[Any] = np.array(numbers, dtype=np.int64)[other.labels]
    return renamed


def _in_order(main: Dataset, other: Dataset) -> list[int]:
    return [other.classes.index(name) for name in main.classes]


def _no_numbers(main: Dataset, columns: Sequence[Column] | None) -> list[str]:
    """In words: columns of numbers that the rows which join them have made columns of categories."""
    pairs = zip(_there(main), columns or (), strict=True)
    return [
        f"Column {own.name!r} holds numbers in data.source and words in the rows that join it, so each of its numbers "
        "is taken for a category."
        for own, column in pairs
        if own.categories is None and column.categories is not None
    ]


def _inputs(
    main: Dataset, others: dict[str, Dataset]
) -> tuple[list[NDArray[Any]], tuple[Column, ...] | None, Tokens | None]:
    """The inputs of every set in one form, and what they are."""
    for key, other in others.items():
        if (main.columns is None, main.tokens is None) != (other.columns is None, other.tokens is None):
            raise DataError(f"{key} holds {_kind(other)}, but data.source {_kind(main)}; both must be of one kind")
    if main.tokens is not None:
        return _texts([main, *others.values()])
    if main.columns is not None:
        inputs, columns = _tables(main, others)
        return inputs, columns, None
    for key, other in others.items():
        if other.shape != main.shape:
            raise DataError(f"{key} has rows of shape {other.shape}, expected {main.shape} as in data.source")
    return [main.inputs, *(other.inputs for other in others.values())], None, None


def _kind(data: Dataset) -> str:
    return "texts" if data.tokens is not None else "a table" if data.columns is not None else "arrays"


def _texts(sets: Sequence[Dataset]) -> tuple[list[NDArray[Any]], None, Tokens]:
    tokens = [each.tokens for each in sets if each.tokens is not None]
    longest = max(each.inputs.shape[1] for each in sets)
    padding, vocabulary = tokens[0].padding, max(each.vocabulary for each in tokens)
    if any(each.padding != padding for each in tokens):
        raise DataError("the texts of data.source and of the rows that join them were tokenised in different ways")
    inputs = [
        np.pad(each.inputs, ((0, 0), (0, longest - each.inputs.shape[1])), constant_values=padding) for each in sets
    ]
    return inputs, None, Tokens(tuple(text for each in tokens for text in each.texts), vocabulary, padding)


def _tables(main: Dataset, others: dict[str, Dataset]) -> tuple[list[NDArray[Any]], tuple[Column, ...]]:
    assert main.columns is not None
    inputs = [np.array(main.inputs)]
    places = [list(range(len(main.columns)))]
    for key, other in others.items():
        assert other.columns is not None
        places.append(_places(main.columns, other.columns, key))
        inputs.append(other.inputs[:, places[-1]])
    columns = []
    for place, column in enumerate(main.columns):
        alike = [column, *(_there(other)[at[place]] for other, at in zip(others.values(), places[1:], strict=True))]
        cells = [each[:, place] for each in inputs]
        own, recoded = _one_column(column.name, alike, cells)
        columns.append(own)
        for each, values in zip(inputs, recoded, strict=True):
            each[:, place] = values
    return inputs, tuple(columns)


def _there(data: Dataset) -> tuple[Column, ...]:
    return data.columns or ()


def _places(main: Sequence[Column], other: Sequence[Column], key: str) -> list[int]:
    """Where in another table the columns of the main one are."""
    names = [column.name for column in other]
    unnamed = [str(place) for place in range(len(names))]
    if names == unnamed and len(main) != len(names):
        raise DataError(f"{key} has rows of {len(names)} columns, expected {len(main)} as in data.source")
    for column in main:
        if column.name not in names:
            raise DataError(
                f"{key} has no column {column.name!r}, which data.source has; its columns are {', '.join(names)}"
            )
    place_of = {name: place for place, name in enumerate(names)}
    return [place_of[column.name] for column in main]


def _one_column(
    name: str, columns: Sequence[Column], cells: Sequence[NDArray[np.float32]]
) -> tuple[Column, list[NDArray[np.float32]]]:
    """A column with the categories of all sets, and the cells of each set in them."""
    if all(column.categories is None for column in columns):
        return Column(name), list(cells)
    found = [np.unique(values, return_inverse=True) for values in cells]  # NaN is the last of the values, once
    pairs = zip(columns, found, strict=True)
    words = [[_word(column, value) for value in values.tolist()] for column, (values, _) in pairs]
    categories = sorted({word for of_set in words for word in of_set if word is not None}.union(*map(_known, columns)))
    if len(categories) > MOST_CATEGORIES:
        numbers = any(column.categories is None for column in columns)
        why = "holds numbers in one place and text in another" if numbers else "holds too many different words"
        raise DataError(
            f"column {name!r} {why} ({len(categories):,} categories over data.source and the rows that join it); add "
            "what means a missing value to data.missing, or put the column in data.ignore"
        )
    code_of: dict[str | None, float] = {category: float(code) for code, category in enumerate(categories)}
    code_of[None] = np.nan
    recoded = [
        np.array([code_of[word] for word in of_set], dtype=np.float32)[inverse]
        for of_set, (_, inverse) in zip(words, found, strict=True)
    ]
    return Column(name, tuple(categories)), recoded


def _known(column: Column) -> tuple[str, ...]:
    return column.categories or ()


def _word(column: Column, value: float) -> str | None:
    """What a number in a column stands for, a float32 in as few digits as it takes; None where it is missing."""
    if np.isnan(value):
        return None
    if column.categories is not None:
        return column.categories[int(value)]
    return plain(value) if value.is_integer() else str(np.float32(value))


def _keys(main: Dataset, others: dict[str, Dataset]) -> tuple[str, ...]:
    keys = list(main.keys or map(str, range(len(main))))
    for key, other in others.items():
        keys += [PREFIXES[key] + name for name in other.keys or map(str, range(len(other)))]
    if len(set(keys)) < len(keys):
        twice = next(name for name in keys[len(main) :] if keys.count(name) > 1)
        raise DataError(f"two rows are called {twice!r}; data.source must not use the names of rows that join it")
    return tuple(keys)


def _groups(main: Dataset, others: dict[str, Dataset]) -> NDArray[np.int64] | None:
    if main.groups is None:
        return None
    groups = [main.groups]
    for key, other in others.items():
        if other.groups is None:
            raise DataError(f"{key} says nothing about groups (data.groups), so its rows cannot be told apart by them")
        groups.append(other.groups)
    return np.concatenate(groups)


def _times(data: Dataset) -> NDArray[np.float64]:
    return np.full(len(data), np.nan) if data.times is None else data.times


def numbered(dataset: Dataset) -> Dataset:
    """The same rows, their groups numbered 0, 1, 2 and so on."""
    if dataset.groups is None:
        return dataset
    return replace(dataset, groups=np.unique(dataset.groups, return_inverse=True)[1].astype(np.int64))
