"""The live check: before students train, the teacher answers a few rows again, and the store must say the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from overproof.errors import StorageError
from overproof.randomness import key, keyed_order
from overproof.targets.codecs import Codec
from overproof.targets.reading import Targets

ROWS = 32
#: Least similarity: of logits the cosine, for every codec over what it promises to keep: all outputs (dense), or the
#: kept classes' probabilities and the rest (top-k). Rounding to float16, or another batch around a row, moves a dense
#: cosine by less than 1e-6; rows that were mixed up, or another teacher's, are far below. Top-k logits so large that
#: float16 changes their probabilities fail, too, and so do values whose offset leaves float16 no digits for what
#: distinguishes them, as they should: they must not be stored that way.
LEAST = 0.999


def sample(seed: int, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Positions of the rows to check: a function of the seed and the row ids.

    Args:
        seed: the study's.
        ids: of all rows.
    """
    return np.sort(keyed_order(key(seed, "store check"), ids)[:ROWS])


def check(
    targets: Targets,
    codec: Codec,
    live: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    rows: NDArray[np.int64],
    ids: NDArray[np.uint64],
    *,
    values: bool = False,
) -> float:
    """Compare what the store says about some rows with what the teacher says now.

    Args:
        targets: the store's.
        codec: how they were stored.
        live: the teacher.
        rows: positions to compare.
        ids: names of all rows, for the message.
        values: whether the outputs are values, whose direction says nothing: they are compared one by one.

    Returns:
        The least similarity of a row, to six decimals: of logits the cosine, of values :func:`nearness`.

    Raises:
        StorageError: when it is below :data:`LEAST`, naming the row.
    """
    promised = codec.promised(live(rows), targets.at(rows))
    found = nearness(*promised) if values else cosine(*promised)
    worst = int(found.argmin())
    least = round(float(found[worst]), 6)
    if not least >= LEAST:
        prune, exact = 'run "overproof cache prune --all"', 'use targets.dtype = "float32"'
        # float16 has no digits left for what distinguishes values that are all large
        rounded = values and codec.facts["dtype"] == "float16"
        first, then = (exact, prune) if rounded else (prune, f'{exact} or codec = "dense"')
        raise StorageError(
            f"the stored soft targets of row {ids[rows[worst]]} are not what the teacher says now (similarity "
            f"{least:.6f}, at least {LEAST} is expected); {first}, and if that does not help {then}"
        )
    return least


def cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine similarity of each row of [rows, values]; 1 where both are zero.

    Example:
        >>> cosine(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])).round(4)
        array([0.7071, 1.    ])
    """
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    both_zero = ~one.any(axis=1) & ~other.any(axis=1)
    return np.where(both_zero, 1.0, (one * other).sum(axis=1) / np.where(lengths == 0, 1.0, lengths))


def nearness(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """How near values [rows, outputs] are: 1 less the largest difference in a row, in units of the output's range.

    Example:
        >>> nearness(np.array([[0.0], [10.0]]), np.array([[0.0], [9.0]]))
        array([1. , 0.9])
    """
    ranges = np.ptp(one, axis=0)
    unit = np.where(ranges > 0, ranges, np.maximum(np.abs(one).max(axis=0), 1e-12))
    return np.asarray(1 - (np.abs(one - other) / unit).max(axis=1))
