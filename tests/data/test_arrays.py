from __future__ import annotations

import numpy as np
import pytest
import torch

from overproof.data.arrays import as_array, one_line
from overproof.errors import DataError


def test_a_tensor_that_carries_gradients_becomes_an_array() -> None:
    tensor = torch.arange(6, dtype=torch.float32).reshape(2, 3).requires_grad_()
    assert np.array_equal(as_array(tensor, "inputs"), [[0, 1, 2], [3, 4, 5]])


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(DataError, match=r"^inputs cannot be read as an array \(setting an array element"):
        as_array([[1.0], [1.0, 2.0]], "inputs")


def test_a_tensor_numpy_does_not_know_is_refused() -> None:
    with pytest.raises(DataError, match=r"^inputs cannot be read as an array \(Got unsupported ScalarType BFloat16\)$"):
        as_array(torch.zeros(2, 2, dtype=torch.bfloat16), "inputs")


def test_an_error_fits_on_one_line() -> None:
    assert one_line(ValueError("a\n  b")) == "a b"
    assert one_line(MemoryError()) == "MemoryError"
    assert len(one_line(ValueError("x" * 1000))) == 160
