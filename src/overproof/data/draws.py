"""Keyed draws as tensors: the numbers of :mod:`overproof.randomness`, computed on the device where the rows are.

Only whole-number arithmetic, tables and correctly rounded products are used, no logarithm or cosine: a row's numbers
have the same bits alone and in a batch, on a CPU and on a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from overproof.randomness import key

# the constants of SplitMix64 as signed numbers: torch has no arithmetic for uint64
_GOLDEN = 0x9E3779B97F4A7C15 - 2**64
_MIX_1 = 0xBF58476D1CE4E5B9 - 2**64
_MIX_2 = 0x94D049BB133111EB - 2**64

#: Levels of each of the two uniform numbers that make a normal one.
_LEVELS = 2**16


def keyed_bits(a_key: int, ids: Tensor) -> Tensor:
    """One 64-bit number per row id: bit for bit what :func:`overproof.randomness.keyed_bits` gives.

    Args:
        a_key: from :func:`overproof.randomness.key`.
        ids: bit patterns of uint64 ids, int64, any shape: ``torch.from_numpy(ids.view(np.int64))``.

    Returns:
        Bit patterns, int64, of the same shape and on the same device.

    Example:
        >>> from overproof.randomness import keyed_bits as in_numpy
        >>> ids = np.array([0, 2**64 - 1], dtype=np.uint64)
        >>> keyed_bits(7, torch.from_numpy(ids.view(np.int64))).tolist() == in_numpy(7, ids).view(np.int64).tolist()
        True
    """
    mixed = _finished(ids * _GOLDEN + a_key)
    return _finished(mixed ^ _shifted(mixed, 30) ^ a_key, first_shift=False)


def _finished(mixed: Tensor, first_shift: bool = True) -> Tensor:
    mixed = (mixed ^ _shifted(mixed, 30) if first_shift else mixed) * _MIX_1
    mixed = (mixed ^ _shifted(mixed, 27)) * _MIX_2
    return mixed ^ _shifted(mixed, 31)


def _shifted(bits: Tensor, by: int) -> Tensor:
    """The logical shift to the right; torch's own repeats the sign."""
    return (bits >> by) & ((1 << (64 - by)) - 1)


@dataclass(frozen=True, eq=False)
class Draws:
    """The random numbers of some rows for one purpose."""

    seed: int
    purpose: str
    rows: Tensor
    """A number for each row and view, int64 [batch], from :func:`row_numbers`."""

    def bits(self, count: int) -> Tensor:
        """``count`` independent 64-bit numbers for each row, int64 [batch, count]."""
        numbers = self.rows.unsqueeze(1) + torch.arange(count, device=self.rows.device)
        return keyed_bits(key(self.seed, "views", self.purpose), numbers)


def row_numbers(seed: int, ids: Tensor, views: Tensor) -> Tensor:
    """One 64-bit number for each view of each row.

    Args:
        seed: the study's.
        ids: bit patterns of row ids, int64 [batch].
        views: which view of each row, int64 [batch].

    Returns:
        Int64 [batch].
    """
    return keyed_bits(key(seed, "views", "view"), keyed_bits(key(seed, "views", "row"), ids) + views)


def below(bits: Tensor, count: int) -> Tensor:
    """Whole numbers in [0, count), equally likely to within count / 2³².

    Args:
        bits: 64-bit numbers, any shape.
        count: from 1 to 2³¹.

    Returns:
        Int64, same shape.
    """
    return (_shifted(bits, 32) * count) >> 32


def fractions(bits: Tensor) -> Tensor:
    """Numbers in [0, 1), multiples of 2⁻²⁴: float32, same shape."""
    return _shifted(bits, 40).to(torch.float32) / 2**24


def happens(bits: Tensor, probability: float) -> Tensor:
    """True with this probability (in [0, 1], to 24 bits): bool, same shape."""
    return _shifted(bits, 40) < round(probability * 2**24)


def normals(bits: Tensor) -> Tensor:
    """Standard normal numbers, by the transform of Box and Muller (1958): √(−2 ln u) · cos 2πv.

    u and v are the upper two 16-bit parts of a number, taken at the middle of each level; the largest result is 4.9.
    Root and cosine are looked up, so that every device gives the same bits.

    Args:
        bits: 64-bit numbers, any shape.

    Returns:
        Float32, same shape.
    """
    radius, cosine = _box_muller(bits.device)
    return radius[_shifted(bits, 48)] * cosine[_shifted(bits, 32) % _LEVELS]


@cache
def _box_muller(device: torch.device) -> tuple[Tensor, Tensor]:
    uniform = (np.arange(_LEVELS) + 0.5) / _LEVELS
    with torch.inference_mode(False):  # they are kept, and may first be asked for during inference
        radius = torch.from_numpy(np.sqrt(-2 * np.log(uniform)).astype(np.float32)).to(device)
        cosine = torch.from_numpy(np.cos(2 * np.pi * uniform).astype(np.float32)).to(device)
    return radius, cosine
