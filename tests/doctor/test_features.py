from __future__ import annotations

import numpy as np

from overproof.data.columns import Column
from overproof.data.dataset import Dataset, Tokens, from_arrays
from overproof.doctor.features import WORDS, features, name_of

NAN = float("nan")


def dataset(inputs: np.ndarray, **beside: object) -> Dataset:
    count = len(inputs)
    labels, ids = np.arange(count) % 2, np.arange(count, dtype=np.uint64)
    return Dataset("rows", inputs, labels, ids, ("a", "b"), "binary", **beside)  # type: ignore[arg-type]


def test_a_table_is_numbers_without_gaps_and_a_feature_for_every_category() -> None:
    inputs = np.array([[1, 0, NAN], [NAN, 1, 5], [3, NAN, 7]], dtype=np.float32)
    data = dataset(inputs, columns=(Column("age"), Column("job", ("cook", "nurse")), Column("pay")))
    assert features(data, inputs).tolist() == [[1, 6, 1, 0], [2, 5, 0, 1], [3, 7, 0, 0]]
    names = [name_of(data, place) for place in range(4)]
    assert names == ["column 'age'", "column 'pay'", "column 'job = cook'", "column 'job = nurse'"]


def test_a_column_without_a_number_is_zero() -> None:
    inputs = np.full((2, 1), NAN, dtype=np.float32)
    assert features(dataset(inputs, columns=(Column("age"),)), inputs).tolist() == [[0], [0]]


def test_texts_are_counted_words() -> None:
    inputs = np.array([[3, 1, 3, 0], [2, 0, 0, 0]], dtype=np.int32)
    data = dataset(inputs, tokens=Tokens(("x y x", "z"), 5, 0))
    assert features(data, inputs).tolist() == [[0, 1, 0, 2, 0], [0, 0, 1, 0, 0]]  # type: ignore[arg-type]
    assert name_of(data, 3) == "the word with token 3"
    large = dataset(inputs, tokens=Tokens(("x y x", "z"), 10**6, 0))
    assert features(large, inputs).shape == (2, WORDS)  # type: ignore[arg-type]


def test_numbers_and_images_are_what_they_are() -> None:
    numbers = np.arange(8, dtype=np.float32).reshape(2, 4)
    assert np.array_equal(features(from_arrays(numbers, [0, 1], "rows"), numbers), numbers)
    images = numbers.reshape(2, 1, 2, 2)
    assert np.array_equal(features(from_arrays(images, [0, 1], "rows"), images), numbers)
    assert name_of(from_arrays(images, [0, 1], "rows"), 2) == "feature [0, 1, 0]"
