"""Keyed randomness: every draw is a function of what it is for, never of what was drawn before.

A key is made from the seed and a purpose (``key(seed, "order", repeat, fold, epoch)``); from a key and stable row ids
come uniform numbers and permutations. Interrupting, reordering or parallelising work therefore cannot change a result.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key(*parts: int | str) -> int:
    """A 64-bit key that depends on every part and on their order.

    Args:
        *parts: seed first, then the purpose and its coordinates, for example ``key(0, "order", repeat, fold, epoch)``.

    Returns:
        An integer in [0, 2**63), small enough for every generator that takes a seed.

    Example:
        >>> key(0, "order", 1) == key(0, "order", 1), key(0, "order", 1) == key(0, "order", 2)
        (True, False)
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def keyed_bits(a_key: int, ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One 64-bit number per row id, independent of which other ids are present and of their order.

    The finaliser of SplitMix64 (Steele, Lea and Flood, 2014) applied to the key and the id.

    Args:
        a_key: from :func:`key`.
        ids: row ids, any shape.

    Returns:
        Numbers of the same shape, uniform over the 64-bit integers.
    """
    with np.errstate(over="ignore"):
        mixed = ids.astype(np.uint64) * _GOLDEN + np.uint64(a_key)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
        mixed = mixed ^ (mixed >> np.uint64(31))
        # a second round: ids are often consecutive and keys may be close to one another
        mixed = (mixed ^ (mixed >> np.uint64(30)) ^ np.uint64(a_key)) * _MIX_1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    return mixed ^ (mixed >> np.uint64(31))


def keyed_order(a_key: int, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Positions that put ``ids`` in a random order which depends on the key and the ids alone.

    Args:
        a_key: from :func:`key`.
        ids: distinct row ids, shape [rows].

    Returns:
        A permutation of ``range(len(ids))``, int64, shape [rows].

    Example:
        >>> ids = np.arange(5, dtype=np.uint64)
        >>> (ids[keyed_order(7, ids)] == ids[::-1][keyed_order(7, ids[::-1])]).all()
        np.True_
    """
    return np.lexsort((ids, keyed_bits(a_key, ids))).astype(np.int64)
