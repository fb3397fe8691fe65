"""What paired differences over repeated cross-validation allow one to say.

Every function takes the differences student − simple, one for each split, signed so that positive is better: a flat
array of repeats × folds numbers. Training sets of different splits overlap, so the differences are correlated and the
plain paired t-test finds effects that are not there. Here the variance of their mean carries the correction of
Nadeau and Bengio (Machine Learning 52, 2003): ``sd² · (1/n + 1/(folds − 1))``. More repeats shrink the first term only.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr, stdtrit

from overproof.errors import DataError, StudyError
from overproof.results import Spread, Verdict

#: Probability that ``helps`` and ``hurts`` have to exceed.
THRESHOLD = 0.975

#: Probability that ``makes no practical difference`` has to exceed.
SAME_THRESHOLD = 0.95

#: :func:`repeats_needed` looks no further than this many repeats.
MOST_REPEATS = 1_000


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
    if folds < 2:
        raise StudyError(f"folds must be at least 2, got {folds}")
    if n < 1 or n % folds:
        raise DataError(f"expected one difference for each split, a multiple of folds ({folds}), got {n}")
    return 1 / n + 1 / (folds - 1)


def posterior(differences: ArrayLike, folds: int) -> Posterior:
    """Bayesian correlated t-test: where the true mean difference lies, with an uninformative prior.

    ``Student(df = n − 1, location = mean, scale² = sd² · (1/n + 1/(folds − 1)))``, the correlation of two splits being
    1/folds (Corani and Benavoli, Machine Learning 100:285–304, 2015; Benavoli et al., arXiv:1606.04316).

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: folds of one cross-validation.

    Raises:
        StudyError: when folds is below 2.
        DataError: when the differences are not finite numbers in one row, or do not fill the folds.

    Example:
        >>> mean, scale, df = posterior([0.02, 0.01, 0.03, 0.02, 0.02], folds=5)
        >>> round(mean, 3), round(scale, 4), df
        (0.02, 0.0047, 4)
    """
    values = _differences(differences, folds)
    mean, sd = _moments(values)
    return Posterior(mean, sd * math.sqrt(variance_factor(len(values), folds)), len(values) - 1)


def interval(differences: ArrayLike, folds: int, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of the mean difference with Nadeau and Bengio's variance, by the t distribution.

    ``mean ± t(n − 1) · sd · √(1/n + 1/(folds − 1))``; a single point where all differences are equal.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: folds of one cross-validation.
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
    if not 0 < confidence < 1:
        raise StudyError(f"confidence must lie between 0 and 1, got {confidence}")
    mean, scale, df = posterior(differences, folds)
    half = float(stdtrit(df, (1 + confidence) / 2)) * scale
    return mean - half, mean + half


def t_test(differences: ArrayLike, folds: int) -> TTest:
    """Corrected t-test of the hypothesis that the true mean difference is 0 (Nadeau and Bengio, 2003).

    ``t = mean / (sd · √(1/n + 1/(folds − 1)))`` with n − 1 degrees of freedom. Where all differences are equal, t is
    infinite and p is 0, or, when they are all 0, t is 0 and p is 1.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: folds of one cross-validation.

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


def probabilities(differences: ArrayLike, folds: int, rope: float) -> Probabilities:
    """How probable it is that the true mean difference lies above, within and below the rope.

    Args:
        differences: positive is better, shape [repeats × folds].
        folds: folds of one cross-validation.
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
    return _cut(posterior(differences, folds), rope)


def verdict(found: Probabilities, threshold: float = THRESHOLD) -> Verdict:
    """The one of four answers that the probabilities support.

    Args:
        found: from :func:`probabilities`.
        threshold: probability in [0.5, 1) that ``helps`` and ``hurts`` have to exceed.

    Raises:
        StudyError: when the threshold is outside [0.5, 1): below it two answers could be right at once.

    Example:
        >>> verdict(Probabilities(helps=0.98, same=0.02, hurts=0.0)), verdict(Probabilities(0.7, 0.2, 0.1))
        ('helps', 'not settled')
    """
    if not 0.5 <= threshold < 1:
        raise StudyError(f"threshold must be at least 0.5 and less than 1, got {threshold}")
    if found.helps > threshold:
        return "helps"
    if found.hurts > threshold:
        return "hurts"
    return "makes no practical difference" if found.same > SAME_THRESHOLD else "not settled"


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of several hypotheses are rejected, when any of them may be rejected wrongly with probability ``level``.

    From the smallest p-value up, each is compared with level / (hypotheses not yet rejected), until one is not smaller
    (Holm, Scandinavian Journal of Statistics 6:65–70, 1979).

    Args:
        p_values: one for each hypothesis.
        level: probability of any false rejection.

    Returns:
        Whether each hypothesis is rejected, in the order given.

    Example:
        >>> holm([0.02, 0.005, 0.4], level=0.025), holm([0.01, 0.005, 0.4], level=0.025)
        ([False, True, False], [True, True, False])
    """
    rejected = [False] * len(p_values)
    for done, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] >= level / (len(p_values) - done):
            break
        rejected[index] = True
    return rejected


def verdicts(found: Sequence[Probabilities], threshold: float = THRESHOLD) -> list[Verdict]:
    """The verdict of each of several arms: where one helps by itself, it must also survive :func:`holm`.

    The best of several useless methods looks better than each of them is; Holm over 1 − P(difference > rope) at level
    1 − threshold accounts for it. For one arm this is :func:`verdict`.

    Args:
        found: from :func:`probabilities`, one for each arm.
        threshold: as for :func:`verdict`.

    Raises:
        StudyError: as :func:`verdict`.

    Example:
        >>> verdicts([Probabilities(helps=0.98, same=0.02, hurts=0.0), Probabilities(0.5, 0.3, 0.2)])
        ['not settled', 'not settled']
    """
    alone = [verdict(one, threshold) for one in found]
    survives = holm([1 - one.helps for one in found], 1 - threshold)
    return ["not settled" if a == "helps" and not s else a for a, s in zip(alone, survives, strict=True)]


def repeats_needed(
    arms: Sequence[ArrayLike],
    folds: int,
    rope: float,
    threshold: float = THRESHOLD,
) -> list[int | None]:
    """Repeats in all at which each arm's verdict would be settled if mean and spread stayed as they are.

    The variance of the mean never falls below ``sd² / (folds − 1)``, however often the folds are drawn anew: for many
    arms no number of repeats suffices. With mean and sd held, the probability of the answer that can win grows with
    the number of repeats (narrower scale, more degrees of freedom), so bisection finds the smallest number exactly.

    Args:
        arms: the differences of each arm, each of shape [repeats × folds]; judged together as :func:`verdicts` does.
        folds: folds of one cross-validation.
        rope: region of practical equivalence.
        threshold: as for :func:`verdict`.

    Returns:
        For each arm the smallest number of repeats, from 1, or None when 1,000 would not do.

    Raises:
        StudyError: as :func:`probabilities` and :func:`verdict`.
        DataError: as :func:`probabilities`.

    Example:
        >>> repeats_needed([[0.03, 0.01, 0.04, 0.01, 0.05], [0.03, -0.04, 0.04, 0.0, 0.05]], folds=5, rope=0.005)
        [6, None]
    """
    moments = [_moments(_differences(differences, folds)) for differences in arms]
    candidates = range(1, MOST_REPEATS + 1)

    def settled(arm: int, repeats: int) -> bool:
        n = repeats * folds
        factor = variance_factor(n, folds)
        found = [_cut(Posterior(mean, sd * math.sqrt(factor), n - 1), rope) for mean, sd in moments]
        return verdicts(found, threshold)[arm] != "not settled"

    def first(arm: int) -> int | None:
        index = bisect_left(candidates, True, key=lambda repeats: settled(arm, repeats))
        return candidates[index] if index < len(candidates) else None

    return [first(arm) for arm in range(len(moments))]


def smallest_effect(
    sd: float, folds: int, rope: float = 0.0, repeats: int | None = None, threshold: float = THRESHOLD
) -> float:
    """The mean difference that has to be exceeded before ``helps`` (or, mirrored, ``hurts``) can be said.

    ``rope + t(n − 1) · sd · √(1/n + 1/(folds − 1))``. Without ``repeats`` it is the limit for infinitely many,
    ``rope + z · sd / √(folds − 1)``: a smaller effect cannot be shown by repeating, only with more data.

    Args:
        sd: standard deviation of the differences over splits, in their unit.
        folds: folds of one cross-validation.
        rope: region of practical equivalence.
        repeats: how often the cross-validation is repeated; None for the limit.
        threshold: probability that the verdict has to exceed.

    Returns:
        A difference in the unit of sd.

    Raises:
        StudyError: when folds is below 2 or repeats below 1.

    Example:
        >>> round(smallest_effect(sd=0.01, folds=5, repeats=1), 4), round(smallest_effect(sd=0.01, folds=5), 4)
        (0.0186, 0.0098)
    """
    if repeats is None:
        variance_factor(folds, folds)
        return rope + float(ndtri(threshold)) * sd / math.sqrt(folds - 1)
    n = repeats * folds
    return rope + float(stdtrit(n - 1, threshold)) * sd * math.sqrt(variance_factor(n, folds))


def gap_closed(student: float, simple: float, teacher: float) -> float | None:
    """Share of the way from simple to the teacher that the student has gone: (student − simple) / (teacher − simple).

    Args:
        student: its value on a metric of which more is better (negate the others).
        simple: likewise.
        teacher: likewise.

    Returns:
        1 for a student as good as its teacher, 0 for one no better than simple, or None where the teacher is not
        better than simple and there is no gap to close.

    Example:
        >>> gap_closed(student=0.875, simple=0.75, teacher=1.0), gap_closed(student=0.875, simple=0.75, teacher=0.5)
        (0.5, None)
    """
    return (student - simple) / (teacher - simple) if teacher > simple else None


def spread(values: ArrayLike) -> Spread:
    """Mean and standard deviation (n − 1; None for a single value) of one number per split.

    Raises:
        DataError: when the values are not finite numbers in one row.

    Example:
        >>> spread([1.0, 2.0, 3.0])
        Spread(mean=2.0, sd=1.0, values=[1.0, 2.0, 3.0])
    """
    row = _row(values)
    mean, sd = _moments(row)
    return Spread(mean=mean, sd=sd if len(row) > 1 else None, values=row.tolist())


def _differences(values: ArrayLike, folds: int) -> NDArray[np.float64]:
    row = _row(values)
    variance_factor(len(row), folds)  # refuses a number of differences that does not fill the folds
    return row


def _row(values: ArrayLike) -> NDArray[np.float64]:
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or row.size == 0:
        raise DataError(f"expected one number for each split, got an array of shape {list(row.shape)}")
    if not np.isfinite(row).all():
        split = int(np.flatnonzero(~np.isfinite(row))[0])
        raise DataError(f"every split needs a finite number, got {row[split]} at split {split}")
    return row


def _moments(row: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and sd around the first value, so that equal values give exactly that mean and exactly sd 0."""
    offsets = row - row[0]
    sd = float(np.std(offsets, ddof=1)) if len(row) > 1 else 0.0
    return float(row[0] + np.mean(offsets)), sd


def _cut(belief: Posterior, rope: float) -> Probabilities:
    if not rope >= 0:
        raise StudyError(f"rope must be at least 0, got {rope}")
    mean, scale, df = belief
    if scale == 0:  # all differences equal: certain, and a difference of exactly the rope is within it
        return Probabilities(float(mean > rope), float(abs(mean) <= rope), float(mean < -rope))
    helps, hurts = float(stdtr(df, (mean - rope) / scale)), float(stdtr(df, (-mean - rope) / scale))
    return Probabilities(helps, max(0.0, 1.0 - helps - hurts), hurts)
