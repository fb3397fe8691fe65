"""How near predicted values are to the true ones, and to the teacher's, in the unit of the target.

Every function takes values and targets, shape [rows, outputs] (or [rows], for one output). Of several outputs the mean
is taken: they are best of one unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.errors import DataError
from overproof.metrics.given import same_shape, table

Floats = NDArray[np.float64]


def rmse(values: ArrayLike, targets: ArrayLike) -> float:
    """Root of the mean squared error of every output, then the mean over the outputs.

    Args:
        values: shape [rows, outputs], finite.
        targets: of the same shape.

    Returns:
        In the unit of the target; less is better.

    Raises:
        DataError: when there are no rows, shapes differ, or a value is not finite.

    Example:
        >>> rmse([[1.0], [3.0]], [[1.0], [7.0]]).__round__(4)
        2.8284
    """
    found, wanted = _given(values, targets)
    return float(np.mean(np.sqrt(np.mean((found - wanted) ** 2, axis=0))))


def mae(values: ArrayLike, targets: ArrayLike) -> float:
    """Mean absolute error over rows and outputs.

    Args:
        values: shape [rows, outputs], finite.
        targets: of the same shape.

    Returns:
        In the unit of the target; less is better.

    Raises:
        DataError: as :func:`rmse`.

    Example:
        >>> mae([[1.0], [3.0]], [[1.0], [7.0]])
        2.0
    """
    return float(np.mean(absolute_errors(values, targets)))


def r2(values: ArrayLike, targets: ArrayLike) -> float:
    """Share of the variance that the values explain, ``1 − Σ (y − ŷ)² / Σ (y − mean)²``, mean over the outputs.

    The mean is that of the rows that are scored. An output that is the same in all of them has no variance to explain:
    1 where it is predicted exactly, else 0, as in scikit-learn.

    Args:
        values: shape [rows, outputs], finite.
        targets: of the same shape.

    Returns:
        At most 1; more is better, 0 is what the mean would have, and less is worse than that.

    Raises:
        DataError: as :func:`rmse`.

    Example:
        >>> r2([[1.0], [2.0], [4.0]], [[1.0], [2.0], [3.0]])
        0.5
    """
    found, wanted = _given(values, targets)
    left = np.sum((wanted - found) ** 2, axis=0)
    all_of_it = np.sum((wanted - wanted.mean(axis=0)) ** 2, axis=0)
    alike = (wanted == wanted[0]).all(axis=0) | (all_of_it == 0)
    share = np.where(left == 0, 1.0, 0.0)
    np.divide(all_of_it - left, all_of_it, out=share, where=~alike)
    return float(np.mean(share))


def absolute_errors(values: ArrayLike, targets: ArrayLike) -> Floats:
    """:func:`mae` before the mean over rows, shape [rows]."""
    found, wanted = _given(values, targets)
    return np.asarray(np.mean(np.abs(found - wanted), axis=1))


def _given(values: ArrayLike, targets: ArrayLike) -> tuple[Floats, Floats]:
    found, wanted = _columns(values, "values"), _columns(targets, "targets")
    same_shape("targets", wanted.shape, found.shape)
    return found, wanted


def _columns(given: ArrayLike, called: str) -> Floats:
    numbers = np.asarray(given, dtype=np.float64)
    found = table(numbers[:, np.newaxis] if numbers.ndim == 1 else numbers, called, "outputs")
    if not np.isfinite(found).all():
        raise DataError(f"{called} must be finite, got {int((~np.isfinite(found)).sum()):,} that are not")
    return found


#: By the name that a study gives them.
METRICS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType({"rmse": rmse, "mae": mae, "r2": r2})
