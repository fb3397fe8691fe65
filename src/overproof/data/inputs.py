"""The inputs of a data set: finite float32 numbers, images with their channels first.

* uint8 means pixel values: divided by 255. Every other kind of number is kept as it is.
* A uint8 array of three axes is a stack of grey images: it gets one channel.
* An array of four axes is a stack of images. Its channels are the second axis, as in torch, unless only the last axis
  can be channels: it has 1, 3 or 4 entries and the second axis has not. Then they are moved to the front.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array, place
from overproof.errors import DataError

_CHANNELS = (1, 3, 4)


def as_inputs(values: Any, called: str = "inputs") -> NDArray[np.float32]:
    """Check ``values`` and bring them into the shape every model expects.

    Args:
        values: numbers: [rows, features], [rows, steps, features], or images [rows, height, width],
            [rows, channels, height, width] or [rows, height, width, channels].
        called: what messages call it.

    Returns:
        A new C-contiguous float32 array, [rows, features], [rows, steps, features] or [rows, channels, height, width].

    Raises:
        DataError: not numbers, a wrong number of axes, nothing in it, or a value that is not finite.

    Example:
        >>> pixels = np.full((2, 8, 6, 3), 255, dtype=np.uint8)
        >>> as_inputs(pixels).shape, float(as_inputs(pixels).max())
        ((2, 3, 8, 6), 1.0)
    """
    array = as_array(values, called)
    _check_kind(array, called)
    _check_shape(array, called)
    with np.errstate(over="ignore"):  # what overflows is found, and named, below
        numbers = array.astype(np.float32)
    if array.dtype == np.uint8:
        numbers /= np.float32(255)
    elif array.dtype.kind == "f":
        _check_finite(array, numbers, called)
        numbers += np.float32(0)  # −0 becomes 0: rows that are equal have equal bytes
    return np.ascontiguousarray(_channels_first(numbers, pixels=array.dtype == np.uint8))


def _check_kind(array: NDArray[Any], called: str) -> None:
    if array.dtype.kind == "O":
        raise DataError(f"{called} holds Python objects (dtype object); give an array of numbers")
    if array.dtype.kind == "c":
        raise DataError(f"{called} holds complex numbers ({array.dtype}); give real ones, as real and imaginary parts")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{called} has dtype {array.dtype}; give an array of numbers")


def _check_shape(array: NDArray[Any], called: str) -> None:
    if array.ndim not in (2, 3, 4):
        raise DataError(
            f"{called} has shape {array.shape}; expected [rows, features], [rows, steps, features], or images of three "
            "or four axes"
        )
    if array.size == 0:
        raise DataError(f"{called} is empty (shape {array.shape})")


def _check_finite(array: NDArray[Any], numbers: NDArray[np.float32], called: str) -> None:
    wrong = ~np.isfinite(numbers)
    if not wrong.any():
        return
    index = tuple(int(part) for part in np.unravel_index(int(wrong.argmax()), wrong.shape))
    value, count = array[index], int(wrong.sum())
    found = "NaN" if np.isnan(value) else f"{value:g}" + (", too large for float32" if np.isfinite(value) else "")
    such = f" ({count:,} such values)" if count > 1 else ""
    raise DataError(f"{called} {place(index)} is {found}{such}")


def _channels_first(numbers: NDArray[np.float32], *, pixels: bool) -> NDArray[np.float32]:
    if numbers.ndim == 3 and pixels:
        return numbers[:, np.newaxis]
    if numbers.ndim == 4 and numbers.shape[1] not in _CHANNELS and numbers.shape[3] in _CHANNELS:
        return np.moveaxis(numbers, 3, 1)
    return numbers
