"""How the splits of a study hang together: what the variance of a mean difference rests on beside the differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.errors import DataError, StudyError


@dataclass(frozen=True)
class Design:
    """What is known of splits beside the differences seen on them.

    The variance of a mean of n differences is ``sd² · (1/n + ratio) + rows``. The mean is Student's, with n − 1 degrees
    of freedom.

    Example:
        >>> k_fold(5) == Design(folds=5, ratio=0.25), round(k_fold(5).scale(sd=0.01, n=5), 4)
        (True, 0.0067)
    """

    folds: int
    """Splits of one repeat."""
    ratio: float
    """What the overlap of training rows adds: test rows / training rows, the mean over splits (Nadeau and Bengio)."""
    redrawn: bool = True
    """Whether every repeat has folds of its own. Where it has not, repeats tell nothing about other rows: each fold
    counts once, with its mean over the repeats."""
    rows: float = 0.0
    """What the choice of test rows adds where all splits have the same: the variance of the mean difference over
    samples of these rows, in the square of its unit."""

    def __post_init__(self) -> None:
        if self.folds < 1 or (self.folds < 2 and (self.ratio > 0 or not self.redrawn)):
            raise StudyError(f"folds must be at least 2, got {self.folds}")

    def units(self, repeats: int) -> int:
        """Numbers that a mean is taken over."""
        return repeats * self.folds if self.redrawn else self.folds

    def scale(self, sd: float, n: int | None = None) -> float:
        """Standard error of a mean.

        Args:
            sd: standard deviation of what the mean is taken over.
            n: of how many; None for the limit of infinitely many.
        """
        factor = self.ratio + (0.0 if n is None else 1 / n)
        return math.sqrt(sd**2 * factor + self.rows) if self.rows else sd * math.sqrt(factor)

    def apart(self, differences: ArrayLike) -> NDArray[np.float64]:
        """The numbers that a mean is taken over: the differences, or their means over the repeats.

        Args:
            differences: ordered by repeat, then fold, shape [repeats × folds].

        Raises:
            DataError: when they are not finite numbers in one row, do not fill the folds, or are a single one.
        """
        row = finite(differences)
        self.check(len(row))
        if len(row) < 2:
            raise DataError(
                "a single difference has no spread to judge by; test with at least 2 seeds (protocol.repeats)"
            )
        return row if self.redrawn else row.reshape(-1, self.folds).mean(axis=0)

    def check(self, n: int) -> None:
        """Refuse a number of differences that this design cannot have.

        Raises:
            DataError: when they do not fill the folds.
        """
        if n < 1 or n % self.folds:
            raise DataError(f"expected one difference for each split, a multiple of folds ({self.folds}), got {n}")


#: A number of folds stands for :func:`k_fold`.
Folds = int | Design


def k_fold(folds: int) -> Design:
    """Cross-validation, repeated with other folds: test rows / training rows are 1/(folds − 1).

    It stays so when the student may use a part of the training rows only: a convention which works well, as the
    correlation of two splits cannot be estimated.

    Raises:
        StudyError: when folds is below 2.
    """
    if folds < 2:
        raise StudyError(f"folds must be at least 2, got {folds}")
    return Design(folds, 1 / (folds - 1))


def windows(sizes: Sequence[tuple[int, int]]) -> Design:
    """Expanding windows: every fold is tested on rows later than those it is trained on, the same in all repeats.

    Args:
        sizes: test rows and training rows of every fold.

    Example:
        >>> windows([(10, 10), (10, 20)]).ratio  # the mean of 1 and 1/2
        0.75
    """
    return Design(len(sizes), float(np.mean([test / train for test, train in sizes])), redrawn=False)


def seeds(rows: float) -> Design:
    """One official test set, tested once with each of several seeds.

    Args:
        rows: from :func:`overproof.statistics.official.row_variance`: the variance that its rows add.
    """
    return Design(1, 0.0, rows=rows)


def as_design(folds: Folds) -> Design:
    """The design that a number of folds stands for, or the one given."""
    return folds if isinstance(folds, Design) else k_fold(folds)


def finite(values: ArrayLike, of: str = "split") -> NDArray[np.float64]:
    """At least one finite number, in one row.

    Args:
        values: shape [n].
        of: what each number belongs to, for messages.

    Raises:
        DataError: when the values are something else.
    """
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or row.size == 0:
        raise DataError(f"expected one number for each {of}, got an array of shape {list(row.shape)}")
    if not np.isfinite(row).all():
        index = int(np.flatnonzero(~np.isfinite(row))[0])
        raise DataError(f"every {of} needs a finite number, got {row[index]} at {of} {index}")
    return row


def moments(row: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and sd around the first value, so that equal values give exactly that mean and exactly sd 0."""
    offsets = row - row[0]
    sd = float(np.std(offsets, ddof=1)) if len(row) > 1 else 0.0
    return float(row[0] + np.mean(offsets)), sd
