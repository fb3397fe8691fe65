"""Rows as estimators take them: encoded by scikit-learn transformers that were fitted inside the split, or as they are.

Tables: medians for missing numbers, all numbers standardised, categories one-hot. Texts: TF-IDF of words and pairs of
words. Images and other rows: flattened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.columns import Column
from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.teachers.classes import listed
from overproof.teachers.extras import library
from overproof.teachers.teacher import Shown

#: From rows as they are shown to what an estimator takes: an array, a sparse matrix, a frame or a list of texts.
Rows = Callable[[Shown], Any]

#: One-hot columns of a column at most; rarer categories share the last one.
MOST_CATEGORIES = 255
#: Words and pairs of words at most, the commonest ones.
MOST_WORDS = 20_000
#: Features that texts are brought to for estimators that take no sparse matrices.
_DENSE = 128


def encoded(data: Dataset, rows: NDArray[np.int64], seed: int, *, sparse: bool, positive: bool) -> Rows:
    """An encoding that has seen some rows and nothing else.

    Args:
        data: the data set.
        rows: positions of the rows it is fitted on.
        seed: decides what is random in it.
        sparse: whether the estimator takes sparse matrices.
        positive: whether it takes no negative numbers.
    """
    if data.tokens is not None:
        return _words(Shown.of(data, rows), seed, sparse=sparse, positive=positive)
    if data.columns is not None:
        table = _table(data.columns, positive).fit(data.inputs[rows])
        return lambda shown: table.transform(shown.inputs)
    if len(data.shape) == 3:
        return flattened
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415 (slow to import, and needed here only)

    scaler = StandardScaler().fit(flattened(Shown.of(data, rows)))
    return lambda shown: scaler.transform(flattened(shown))


def flattened(shown: Shown) -> NDArray[Any]:
    """Rows as [rows, numbers]."""
    return shown.inputs.reshape(len(shown.inputs), -1)


def _table(columns: Sequence[Column], positive: bool) -> Any:
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler  # noqa: PLC0415

    numbers = [place for place, column in enumerate(columns) if column.categories is None]
    categories = [place for place, column in enumerate(columns) if column.categories is not None]
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    scaler = MinMaxScaler(clip=True) if positive else StandardScaler()
    # where no category is rare, this is handle_unknown="ignore"
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False, dtype=np.float32
    )
    parts = [("numbers", make_pipeline(filled, scaler), numbers), ("categories", one_hot, categories)]
    return ColumnTransformer([part for part in parts if part[2]], sparse_threshold=0)


def _words(shown: Shown, seed: int, *, sparse: bool, positive: bool) -> Rows:
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    vectors = TfidfVectorizer(ngram_range=(1, 2), max_features=MOST_WORDS, sublinear_tf=True)
    words = vectors.fit_transform(shown.texts)
    if sparse:
        return lambda shown: vectors.transform(shown.texts)
    if positive or words.shape[1] <= _DENSE:
        return lambda shown: vectors.transform(shown.texts).toarray()
    fewer = TruncatedSVD(min(_DENSE, words.shape[0]), random_state=seed).fit(words)
    both = make_pipeline(vectors, fewer)
    return lambda shown: both.transform(shown.texts)


def as_they_are(data: Dataset, names: Sequence[str] | None = None, *, categorical: bool = False) -> Rows:
    """Rows for an estimator that prepares them itself: texts, a frame with the columns' names and words, or numbers.

    Args:
        data: the data set.
        names: the columns it takes, in order; None takes all.
        categorical: whether columns of categories have pandas' type for these; else they are objects.
    """
    if data.tokens is not None:
        return lambda shown: shown.texts
    if data.columns is None:
        return flattened
    columns = {column.name: place for place, column in enumerate(data.columns)}
    unnamed = [str(place) for place in range(len(columns))]
    if names is None and all(column.categories is None for column in data.columns) and list(columns) == unnamed:
        return flattened
    kept = [columns[name] for name in (names if names is not None else columns)]
    return lambda shown: frame(shown, kept, categorical=categorical)


def frame(shown: Shown, places: Sequence[int], *, categorical: bool) -> Any:
    """A pandas frame of the columns at ``places``: numbers as float64, categories as their words, NaN where missing."""
    pandas = library("pandas", "a table for an estimator that knows its columns by name")
    columns = shown.data.columns
    assert columns is not None
    found = {}
    for place in places:
        column, cells = columns[place], shown.inputs[:, place]
        if column.categories is None:
            found[column.name] = cells.astype(np.float64)
        elif categorical:
            codes = np.where(np.isnan(cells), -1, cells).astype(np.int64)
            found[column.name] = pandas.Categorical.from_codes(codes, categories=list(column.categories))
        else:
            found[column.name] = pandas.Series(worded(column, cells, np.nan), dtype=object)
    return pandas.DataFrame(found)


def worded(column: Column, cells: NDArray[Any], missing: Any) -> NDArray[Any]:
    """The words of a column of categories [rows], with ``missing`` where there is none."""
    assert column.categories is not None
    words = np.array([*column.categories, missing], dtype=object)
    found: NDArray[Any] = words[np.where(np.isnan(cells), len(column.categories), cells).astype(np.int64)]
    return found


def placed(names: Sequence[str]) -> bool:
    """Whether columns have no names but their places.

    Example:
        >>> placed(["0", "1"]), placed(["Column_0", "Column_1"]), placed(["age", "job"])
        (True, True, False)
    """
    places = [str(place) for place in range(len(names))]
    return [re.sub(r"^(Column_|f)(?=\d+$)", "", name) for name in names] == places


def given_rows(estimator: Any, data: Dataset, who: str) -> Rows:
    """Rows for an estimator that was fitted elsewhere: in the order, and under the names, it was fitted with.

    Raises:
        ModelError: when it was fitted with columns that the data do not have, or with another number of them.
    """
    if data.tokens is not None:
        return as_they_are(data)
    names, root = _names(estimator), root_of(estimator)
    if names is not None and data.columns is not None:
        own = {_called(column.name, root): column.name for column in data.columns}
        absent = [name for name in names if name not in own]
        if absent and not placed(names):
            raise ModelError(
                f"{who} was fitted with {len(absent)} columns that the data do not have ({listed(absent)}); the data "
                f"have {', '.join(map(repr, list(own.values())[:10]))}"
            )
        if not absent and not (placed(names) and names == list(own)):
            return as_they_are(data, [own[name] for name in names], categorical=root in ("lightgbm", "xgboost"))
    count = getattr(estimator, "n_features_in_", None)
    numbers = int(np.prod(data.shape))
    if count is not None and int(count) != numbers:
        raise ModelError(f"{who} was fitted with {int(count)} columns, and a row of the data has {numbers} numbers")
    if any(column.categories is not None for column in data.columns or ()):
        raise ModelError(
            f"{who} was fitted without names of columns, and the data have columns of words; fit it on a pandas frame, "
            "so that it knows which column is which"
        )
    return flattened if count is not None else lambda shown: shown.inputs


def _names(estimator: Any) -> list[str] | None:
    """Names of the columns an estimator was fitted with, where it was fitted with names."""
    for attribute in ("feature_names_in_", "feature_names_"):
        try:
            names = getattr(estimator, attribute, None)
        except Exception:  # properties of other libraries, on objects in any state
            names = None
        if names is not None and len(names):
            return [str(name) for name in names]
    return None


def _called(name: str, root: str) -> str:
    """What a library makes of the name of a column."""
    return re.sub(r"\s", "_", name) if root == "lightgbm" else name


def root_of(estimator: Any) -> str:
    """The library that an estimator comes from, its own classes and those it inherits from considered."""
    roots = [cls.__module__.partition(".")[0] for cls in type(estimator).__mro__]
    return next((root for root in roots if root in ("lightgbm", "xgboost", "catboost", "sklearn")), roots[0])
