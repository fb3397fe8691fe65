from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from overproof.data.inputs import as_inputs
from overproof.errors import DataError


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        ((5, 28, 28), np.uint8, (5, 1, 28, 28)),
        ((5, 28, 28), np.float32, (5, 28, 28)),  # steps × features
        ((5, 32, 32, 3), np.uint8, (5, 3, 32, 32)),
        ((5, 32, 32, 3), np.float64, (5, 3, 32, 32)),
        ((5, 3, 32, 32), np.uint8, (5, 3, 32, 32)),
        ((5, 1, 8, 8), np.float32, (5, 1, 8, 8)),
        ((5, 32, 32, 4), np.uint8, (5, 4, 32, 32)),
        ((5, 3, 32, 3), np.uint8, (5, 3, 32, 3)),  # both fit: the second axis, as in torch
        ((5, 7, 8, 9), np.uint8, (5, 7, 8, 9)),  # neither fits: left alone
        ((5, 784), np.uint8, (5, 784)),
        ((5, 3), np.int64, (5, 3)),
    ],
)
def test_where_the_channels_are(shape: tuple[int, ...], dtype: type, expected: tuple[int, ...]) -> None:
    inputs = as_inputs(np.ones(shape, dtype=dtype))
    assert inputs.shape == expected
    assert inputs.dtype == np.float32
    assert inputs.flags.c_contiguous


def test_channels_last_images_keep_their_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    assert as_inputs(pixels)[2, 1, 4, 3] == np.float32(pixels[2, 4, 3, 1]) / np.float32(255)


def test_only_uint8_is_scaled() -> None:
    assert as_inputs(np.array([[0, 51, 255]], dtype=np.uint8)).tolist() == [[0.0, float(np.float32(0.2)), 1.0]]
    assert as_inputs(np.array([[0, 51, 255]], dtype=np.int32)).tolist() == [[0.0, 51.0, 255.0]]
    assert as_inputs(torch.tensor([[0.5, -3.0]])).tolist() == [[0.5, -3.0]]
    assert as_inputs(np.array([[True, False]])).tolist() == [[1.0, 0.0]]


def test_the_callers_array_is_neither_changed_nor_kept() -> None:
    mine = np.array([[-0.0, 1.0]], dtype=np.float32)
    inputs = as_inputs(mine)
    assert not np.shares_memory(mine, inputs)
    assert np.signbit(mine[0, 0])
    assert not np.signbit(inputs[0, 0])


def _with(value: float, *places: tuple[int, ...], shape: tuple[int, ...] = (20, 5)) -> np.ndarray[Any, Any]:
    array = np.zeros(shape)
    for place in places:
        array[place] = value
    return array


MESSAGES: list[tuple[Any, str]] = [
    (_with(np.nan, (17, 3), (18, 0)), "inputs row 17 column 3 is NaN (2 such values)"),
    (_with(np.inf, (0, 1)), "inputs row 0 column 1 is inf"),
    (_with(1e300, (2, 4)), "inputs row 2 column 4 is 1e+300, too large for float32"),
    (_with(np.nan, (1, 0, 2, 3), shape=(2, 1, 4, 4)), "inputs row 1 position [0, 2, 3] is NaN"),
    (np.zeros((3, 2), dtype=object), "inputs holds Python objects (dtype object); give an array of numbers"),
    (
        np.zeros((3, 2), dtype=np.complex64),
        "inputs holds complex numbers (complex64); give real ones, as real and imaginary parts",
    ),
    (np.array([["a"], ["b"]]), "inputs has dtype <U1; give an array of numbers"),
    (np.zeros((2, 1), dtype="datetime64[s]"), "inputs has dtype datetime64[s]; give an array of numbers"),
    (
        np.zeros(3),
        "inputs has shape (3,); expected [rows, features], [rows, steps, features], or images of three or four axes",
    ),
    (np.zeros((0, 4)), "inputs is empty (shape (0, 4))"),
    (np.zeros((4, 0)), "inputs is empty (shape (4, 0))"),
    ({"a": 1}, "inputs holds Python objects (dtype object); give an array of numbers"),
]


@pytest.mark.parametrize(("values", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
def test_bad_inputs_and_their_messages(values: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        as_inputs(values)
    assert str(caught.value) == message
