"""Differences over splits: how large they are, how sure that is, and the probability of every answer."""

from __future__ import annotations

import math
from typing import NamedTuple

from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from overproof.errors import StudyError
from overproof.results import Spread
from overproof.statistics.design import Folds, as_design, finite, k_fold, moments


class Posterior(NamedTuple):
    """What the true mean difference may be: a Student distribution; all at ``mean`` where ``scale`` is 0."""

    mean: float
    scale: float
    """In the unit of the differences."""
    df: int
    """Degrees of freedom, n − 1."""


class Probabilities(NamedTuple):
    """The posterior, cut at −rope and +rope; adds up to 1."""

    helps: float
    same: float
    hurts: float


class TTest(NamedTuple):
    """Statistic and two-sided p-value of a t-test."""

    t: float
    p: float


def variance_factor(n: int, folds: int) -> float:
    """Variance of the mean of n correlated differences, in units of their own variance: ``1/n + 1/(folds − 1)``.

    The second term stands for the overlap of training sets: test rows / training rows of a fold (Nadeau and Bengio,
    Machine Learning 52:239–281, 2003; for repeated folds Bouckaert and Frank, PAKDD 2004).

    Args:
        n: number of differences, repeats × folds.
        folds: folds of one cross-validation.

    Raises:
        StudyError: when folds is below 2.
        DataError: when n is not a positive multiple of folds.

    Example:
        >>> round(variance_factor(5, folds=5), 3), round(variance_factor(50, folds=5), 3)
        (0.45, 0.27)
    """
    design = k_fold(folds)
    design.check(n)
    return 1 / n + design.ratio


def posterior(differences: ArrayLike, folds: Folds) -> Posterior:
    """Bayesian correlated t-test: where the true mean difference lies, with an uninformative prior.

    ``Student(df = n − 1, location = mean, scale² = sd² · (1/n + 1/(folds − 1)))``, the correlation of two splits being
    1/folds (Corani and Benavoli, Machine Learning 100:285–304, 2015; Benavoli et al., arXiv:1606.04316). Splits of
    another :class:`overproof.statistics.Design` have its variance.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: folds of one cross-validation, or the :class:`overproof.statistics.Design` of splits that are another.

    Raises:
        StudyError: when folds is below 2.
        DataError: when the differences are not finite numbers in one row, or do not fill the folds.

    Example:
        >>> mean, scale, df = posterior([0.02, 0.01, 0.03, 0.02, 0.02], folds=5)
        >>> round(mean, 3), round(scale, 4), df
        (0.02, 0.0047, 4)
    """
    design = as_design(folds)
    values = design.apart(differences)
    mean, sd = moments(values)
    return Posterior(mean, design.scale(sd, len(values)), len(values) - 1)


def interval(differences: ArrayLike, folds: Folds, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of the mean difference with Nadeau and Bengio's variance, by the t distribution.

    ``mean ± t(n − 1) · sd · √(1/n + 1/(folds − 1))``; a single point where all differences are equal.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: as for :func:`posterior`.
        confidence: probability in (0, 1).

    Returns:
        Its lower and upper end, in the unit of the differences.

    Raises:
        StudyError: when folds is below 2 or confidence is no probability in (0, 1).
        DataError: when the differences are not finite numbers in one row, or do not fill the folds.

    Example:
        >>> low, high = interval([0.02, 0.01, 0.03, 0.02, 0.02], folds=5)
        >>> round(low, 3), round(high, 3)
        (0.007, 0.033)
    """
    mean, scale, df = posterior(differences, folds)
    half = quantile(df, confidence) * scale
    return mean - half, mean + half


def t_test(differences: ArrayLike, folds: Folds) -> TTest:
    """Corrected t-test of the hypothesis that the true mean difference is 0 (Nadeau and Bengio, 2003).

    ``t = mean / (sd · √(1/n + 1/(folds − 1)))`` with n − 1 degrees of freedom. Where all differences are equal, t is
    infinite and p is 0, or, when they are all 0, t is 0 and p is 1.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: as for :func:`posterior`.

    Raises:
        StudyError: when folds is below 2.
        DataError: when the differences are not finite numbers in one row, or do not fill the folds.

    Example:
        >>> t, p = t_test([0.02, 0.01, 0.03, 0.02, 0.02], folds=5)
        >>> round(t, 2), round(p, 3)
        (4.22, 0.014)
    """
    mean, scale, df = posterior(differences, folds)
    if scale == 0:
        return TTest(math.copysign(math.inf, mean), 0.0) if mean else TTest(0.0, 1.0)
    t = mean / scale
    return TTest(t, 2 * float(stdtr(df, -abs(t))))


def probabilities(differences: ArrayLike, folds: Folds, rope: float) -> Probabilities:
    """How probable it is that the true mean difference lies above, within and below the rope.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: as for :func:`posterior`.
        rope: region of practical equivalence: differences in [−rope, rope] make no practical difference.

    Returns:
        P(difference > rope), P(|difference| ≤ rope) and P(difference < −rope), from :func:`posterior`.

    Raises:
        StudyError: when folds is below 2, or rope is negative or not a number.
        DataError: when the differences are not finite numbers in one row, or do not fill the folds.

    Example:
        >>> helps, same, hurts = probabilities([0.02, 0.01, 0.03, 0.02, 0.02], folds=5, rope=0.005)
        >>> round(helps, 3), round(same, 3), round(hurts, 3)
        (0.983, 0.014, 0.003)
    """
    return cut(posterior(differences, folds), rope)


def cut(belief: Posterior, rope: float) -> Probabilities:
    """The parts of a posterior above, within and below the rope.

    Raises:
        StudyError: when rope is negative or not a number.

    Example:
        >>> cut(Posterior(mean=0.0, scale=0.01, df=4), rope=0.0)
        Probabilities(helps=0.5, same=0.0, hurts=0.5)
    """
    if not rope >= 0:
        raise StudyError(f"rope must be at least 0, got {rope}")
    mean, scale, df = belief
    if scale == 0:  # all differences equal: certain, and a difference of exactly the rope is within it
        return Probabilities(float(mean > rope), float(abs(mean) <= rope), float(mean < -rope))
    helps, hurts = float(stdtr(df, (mean - rope) / scale)), float(stdtr(df, (-mean - rope) / scale))
    return Probabilities(helps, max(0.0, 1.0 - helps - hurts), hurts)


def spread(values: ArrayLike) -> Spread:
    """Mean and standard deviation (n − 1; None for a single value) of one number per split.

    Raises:
        DataError: when the values are not finite numbers in one row.

    Example:
        >>> spread([1.0, 2.0, 3.0])
        Spread(mean=2.0, sd=1.0, values=[1.0, 2.0, 3.0])
    """
    row = finite(values)
    mean, sd = moments(row)
    return Spread(mean=mean, sd=sd if len(row) > 1 else None, values=row.tolist())


def quantile(df: int, confidence: float) -> float:
    """Half the width of a two-sided t interval, in standard errors.

    Raises:
        StudyError: when confidence is no probability in (0, 1).

    Example:
        >>> round(quantile(df=4, confidence=0.95), 3)
        2.776
    """
    if not 0 < confidence < 1:
        raise StudyError(f"confidence must lie between 0 and 1, got {confidence}")
    return float(stdtrit(df, (1 + confidence) / 2))
