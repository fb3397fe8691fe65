"""One official test set, and several seeds: how much the choice of its rows adds to what the seeds say.

Every seed trains all arms anew and is tested on the same rows. That two seeds differ says nothing about how other test
rows would have come out, so there are two sources of variance, and the mean difference of J seeds has both:

    ``sd² / J + rows``

sd is that of the differences over seeds; ``rows`` is the variance of the seeds' mean difference over samples of the
test rows, drawn with replacement and jointly for all arms (paired bootstrap; Efron, Annals of Statistics 7:1–26, 1979).
What is said about the mean is Student's with J − 1 degrees of freedom, as everywhere here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overproof.errors import DataError
from overproof.statistics.rows import RESAMPLES


def samples(groups: ArrayLike, a_key: int, count: int = RESAMPLES) -> Iterator[NDArray[np.int64]]:
    """Samples of rows, with replacement: how often each row is in it.

    Rows of one group are drawn together: they are no independent evidence.

    Args:
        groups: the same number for rows that belong together [rows]; the order of the rows must not depend on the file.
        a_key: from :func:`overproof.randomness.key`; the same key gives the same samples.
        count: how many.

    Yields:
        Whole numbers [rows]; of single rows, they add up to the number of rows.

    Example:
        >>> [int(times.sum()) for times in samples([0, 1, 2, 3], 7, count=3)]
        [4, 4, 4]
    """
    numbered = np.unique(np.asarray(groups), return_inverse=True)[1]
    drawn = int(numbered.max()) + 1
    generator = np.random.Generator(np.random.PCG64(a_key))
    for _ in range(count):
        yield np.bincount(generator.integers(drawn, size=drawn), minlength=drawn)[numbered]


def sampled_means(scores: ArrayLike, groups: ArrayLike, a_key: int, count: int = RESAMPLES) -> NDArray[np.float64]:
    """The mean score over every sample of rows, for a metric that is a mean over rows.

    Args:
        scores: what each row adds, in each seed, shape [seeds, rows].
        groups: as for :func:`samples`.
        a_key: likewise.
        count: likewise.

    Returns:
        The mean over seeds and rows, shape [samples].

    Raises:
        DataError: when the scores are not finite numbers.

    Example:
        >>> found = sampled_means([[1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0]], range(4), 7)
        >>> len(found), bool(0.7 < found.mean() < 0.8)
        (2000, True)
    """
    of_seeds = np.asarray(scores, dtype=np.float64)
    if of_seeds.ndim != 2 or not np.isfinite(of_seeds).all():
        raise DataError(f"expected finite numbers for each seed and row, got an array of shape {list(of_seeds.shape)}")
    by_row = of_seeds.mean(axis=0)
    return np.array([times @ by_row / times.sum() for times in samples(groups, a_key, count)])


def sampled_scores(
    score: Callable[[NDArray[np.int64]], float], groups: ArrayLike, a_key: int, count: int = RESAMPLES
) -> NDArray[np.float64]:
    """The score on every sample of rows, for any metric.

    Args:
        score: from positions of rows, some of them several times, to a number; the mean over seeds, where there are
            several. NaN, or a :class:`DataError`, where such rows have no score (as of one class only).
        groups: as for :func:`samples`.
        a_key: likewise.
        count: likewise.

    Returns:
        Shape [samples], NaN where there is no score.

    Example:
        >>> values = np.array([1.0, 2.0, 4.0])
        >>> found = sampled_scores(lambda rows: float(np.median(values[rows])), range(3), 7)
        >>> sorted(set(found.tolist()))
        [1.0, 2.0, 4.0]
    """

    def scored(times: NDArray[np.int64]) -> float:
        try:
            return score(np.repeat(np.arange(len(times)), times))
        except DataError:
            return float("nan")

    return np.array([scored(times) for times in samples(groups, a_key, count)])


def row_variance(first: ArrayLike, second: ArrayLike) -> float:
    """The variance that the choice of test rows adds to a mean difference.

    Args:
        first: an arm's score on every sample of rows, the mean over seeds [samples].
        second: another arm's on the same samples.

    Returns:
        The variance of first − second over the samples, in the square of the metric's unit.

    Raises:
        DataError: when fewer than half of the samples have a score: the rows are too few to say anything.

    Example:
        >>> row_variance([1.0, 0.5, 0.0], [0.5, 0.5, 0.5])
        0.25
    """
    return float(np.var(np.subtract(*paired_samples(first, second)), ddof=1))


def paired_samples(*arms: ArrayLike) -> NDArray[np.float64]:
    """The samples on which all arms have a score, shape [arms, samples].

    Raises:
        DataError: as :func:`row_variance`.
    """
    every = np.stack([np.asarray(arm, dtype=np.float64) for arm in arms])
    known = np.asarray(np.isfinite(every).all(axis=0))
    if 2 * known.sum() < len(known):
        raise DataError(
            f"the metric has no value on {int((~known).sum()):,} of {len(known):,} samples of the official test rows: "
            "they are too few for a verdict on it; choose another protocol.metric"
        )
    return every[:, known]
