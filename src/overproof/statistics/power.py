"""What could be found: effects that a number of repeats can show, and repeats that would settle what was seen."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, nctdtr, nctdtrinc, ndtr, ndtri, stdtrit

from overproof.errors import StudyError
from overproof.statistics.deciding import THRESHOLD, verdicts
from overproof.statistics.design import Design, Folds, as_design, moments
from overproof.statistics.differences import Posterior, cut

#: :func:`repeats_needed` looks no further than this many repeats.
MOST_REPEATS = 1_000

#: Spreads that may be seen, of which the power with an official test set is the mean.
QUANTILES = 1_000

#: An effect counts as detectable when ``helps`` is found with this probability.
DETECTED = 0.8


def repeats_needed(
    arms: Sequence[ArrayLike],
    folds: Folds | Sequence[Design],
    rope: float,
    threshold: float = THRESHOLD,
) -> list[int | None]:
    """Repeats in all at which each arm's verdict would be settled if mean and spread stayed as they are.

    The variance of the mean never falls below ``sd² / (folds − 1)``, however often the folds are drawn anew: for many
    arms no number of repeats suffices. With mean and sd held, the probability of the answer that can win grows with
    the number of repeats (narrower scale, more degrees of freedom), so bisection finds the smallest number exactly.
    Where every repeat has the same folds, none is ever added: their number is held, and so is the verdict.

    Args:
        arms: the differences of each arm, each of shape [repeats × folds]; judged together as
            :func:`overproof.statistics.verdicts` does.
        folds: as for :func:`overproof.statistics.posterior`, or the design of each arm.
        rope: region of practical equivalence.
        threshold: as for :func:`overproof.statistics.verdict`.

    Returns:
        For each arm the smallest number of repeats, from 1, or None when 1,000 would not do.

    Raises:
        StudyError: as :func:`overproof.statistics.probabilities` and :func:`overproof.statistics.verdict`.
        DataError: as :func:`overproof.statistics.probabilities`.

    Example:
        >>> repeats_needed([[0.03, 0.01, 0.04, 0.01, 0.05], [0.03, -0.04, 0.04, 0.0, 0.05]], folds=5, rope=0.005)
        [6, None]
    """
    designs = list(folds) if isinstance(folds, Sequence) else [as_design(folds)] * len(arms)
    found = [(design, *moments(design.apart(arm))) for design, arm in zip(designs, arms, strict=True)]
    candidates = range(1, MOST_REPEATS + 1)

    def settled(arm: int, repeats: int) -> bool:
        grown = []
        for design, mean, sd in found:
            n = design.units(repeats)
            if n < 2:  # no spread to judge by
                return False
            grown.append(cut(Posterior(mean, design.scale(sd, n), n - 1), rope))
        return verdicts(grown, threshold)[arm] != "not settled"

    def first(arm: int) -> int | None:
        index = bisect_left(candidates, True, key=lambda repeats: settled(arm, repeats))
        return candidates[index] if index < len(candidates) else None

    return [first(arm) for arm in range(len(found))]


def smallest_effect(
    sd: float, folds: Folds, rope: float = 0.0, repeats: int | None = None, threshold: float = THRESHOLD
) -> float:
    """The mean difference that has to be exceeded before ``helps`` (or, mirrored, ``hurts``) can be said.

    ``rope + t(n − 1) · sd · √(1/n + 1/(folds − 1))``. Without ``repeats`` it is the limit for infinitely many,
    ``rope + z · sd / √(folds − 1)``: a smaller effect cannot be shown by repeating, only with more data.

    Args:
        sd: standard deviation of the differences over splits, in their unit (of their means over repeats, where every
            repeat has the same folds).
        folds: as for :func:`overproof.statistics.posterior`.
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
    design = as_design(folds)
    if repeats is None and design.redrawn:
        return rope + float(ndtri(threshold)) * design.scale(sd)
    n = _splits(design, 1 if repeats is None else repeats)
    return rope + float(stdtrit(n - 1, threshold)) * design.scale(sd, n)


def power_curve(
    effects: ArrayLike,
    sd: float,
    folds: Folds,
    repeats: int,
    *,
    rope: float = 0.0,
    threshold: float = THRESHOLD,
    rho: float | None = None,
) -> list[float]:
    """Power: the probability that the verdict is ``helps``, for each of several true mean differences.

    ``1 − F(t(threshold; n − 1) / c)``, where F is the noncentral t distribution with n − 1 degrees of freedom and
    noncentrality ``(effect − rope) / (sd · √v)``; ``v = 1/n + rho/(1 − rho)`` is the true variance of the mean in units
    of sd², and ``c = √(v / (1/n + 1/(folds − 1)))`` says how far the test is from it (1 for the default rho).

    It follows from three assumptions: differences are normal, with one variance σ²; any two of them, of the same repeat
    or not, correlate by rho; a single arm is judged, once. Then ``Var(mean) = σ² · (1/n + (n − 1)/n · rho)``, the mean
    and the observed variance are independent, and the latter is ``σ² · (1 − rho) · chi²(n − 1) / (n − 1)``
    (Nadeau and Bengio, Machine Learning 52, 2003). ``sd² = σ² · (1 − rho)`` is what the observed variance estimates.

    Args:
        effects: true mean differences, in any order, shape [effects].
        sd: standard deviation of the differences as seen over the splits of a study, in their unit (of their means
            over repeats, where every repeat has the same folds).
        folds: as for :func:`overproof.statistics.posterior`.
        repeats: how often it is repeated.
        rope: region of practical equivalence.
        threshold: as for :func:`overproof.statistics.verdict`.
        rho: true correlation of two differences, in [0, 1); None for what the verdict supposes, 1/folds.

    Returns:
        One probability for each effect.

    Raises:
        StudyError: when folds is below 2, repeats below 1, sd not above 0, or rho outside [0, 1).

    Example:
        >>> [round(each, 2) for each in power_curve([0.0, 0.01, 0.02, 0.03], sd=0.01, folds=5, repeats=1)]
        [0.03, 0.21, 0.61, 0.91]
    """
    design, beyond = as_design(folds), np.asarray(effects, dtype=np.float64) - rope
    if design.rows:
        return [float(each) for each in _over_rows(beyond, sd, design, _splits(design, repeats), threshold)]
    law = _law(sd, design, repeats, threshold, rho)
    noncentrality = beyond / law.scale
    below = nctdtr(law.df, noncentrality, law.needed)
    below = np.where(np.isnan(below), noncentrality < law.needed, below)  # it gives up where 0 or 1 is all there is
    return [float(each) for each in 1 - below]


def detectable_effect(
    sd: float,
    folds: Folds,
    repeats: int,
    *,
    rope: float = 0.0,
    threshold: float = THRESHOLD,
    rho: float | None = None,
) -> float:
    """The smallest true mean difference for which the verdict is ``helps`` with probability 0.8 (:data:`DETECTED`).

    Where :func:`power_curve`, with its formula and assumptions, reaches 0.8.

    Args:
        sd: as for :func:`power_curve`, like everything below.
        folds: as for :func:`overproof.statistics.posterior`.
        repeats: how often it is repeated.
        rope: region of practical equivalence.
        threshold: as for :func:`overproof.statistics.verdict`.
        rho: true correlation of two differences; None for 1/folds.

    Returns:
        A difference in the unit of sd.

    Raises:
        StudyError: as :func:`power_curve`.

    Example:
        >>> round(detectable_effect(sd=0.01, folds=5, repeats=1), 4)
        0.0252
        >>> round(detectable_effect(sd=0.01, folds=5, repeats=10), 4)
        0.0149
    """
    design = as_design(folds)
    if design.rows:
        return rope + _found_over_rows(sd, design, _splits(design, repeats), threshold)
    law = _law(sd, design, repeats, threshold, rho)
    return rope + law.scale * float(nctdtrinc(law.df, 1 - DETECTED, law.needed))


def _over_rows(beyond: NDArray[np.float64], sd: float, design: Design, n: int, threshold: float) -> NDArray[np.float64]:
    """Power where a part of the variance is known from the test rows, for effects beyond the rope.

    Given the spread that will be seen over seeds, the mean has to exceed t standard errors, and is normal; the spread
    is ``sd² · chi²(n − 1) / (n − 1)``, and the mean of the probabilities is taken over :data:`QUANTILES` of it.
    """
    spread = sd * np.sqrt(chdtri(n - 1, (np.arange(QUANTILES) + 0.5) / QUANTILES) / (n - 1))
    needed = float(stdtrit(n - 1, threshold)) * np.sqrt(spread**2 / n + design.rows)
    chances: NDArray[np.float64] = ndtr((beyond[:, np.newaxis] - needed) / design.scale(sd, n)).mean(axis=1)
    return chances


def _found_over_rows(sd: float, design: Design, n: int, threshold: float) -> float:
    """The effect beyond the rope at which :func:`_over_rows`, which grows with it, reaches :data:`DETECTED`."""
    low, high = 0.0, (float(stdtrit(n - 1, threshold)) + 10) * design.scale(10 * sd, n)
    for _ in range(100):
        middle = (low + high) / 2
        if _over_rows(np.array([middle]), sd, design, n, threshold)[0] < DETECTED:
            low = middle
        else:
            high = middle
    return high


class _Law(NamedTuple):
    """How the test statistic is distributed: c · noncentral t."""

    df: int
    scale: float
    """True standard deviation of the mean difference."""
    needed: float
    """What the noncentral t has to exceed for ``helps``."""


def _law(sd: float, design: Design, repeats: int, threshold: float, rho: float | None) -> _Law:
    n = _splits(design, repeats)
    supposed = 1 / n + design.ratio
    if not sd > 0:
        raise StudyError(f"sd must be greater than 0, got {sd}")
    if rho is not None and not 0 <= rho < 1:
        raise StudyError(f"rho must be at least 0 and less than 1, got {rho}")
    true = supposed if rho is None else 1 / n + rho / (1 - rho)
    return _Law(n - 1, sd * math.sqrt(true), float(stdtrit(n - 1, threshold)) * math.sqrt(supposed / true))


def _splits(design: Design, repeats: int) -> int:
    if repeats < 1:
        raise StudyError(f"repeats must be at least 1, got {repeats}")
    n = design.units(repeats)
    if n < 2:
        raise StudyError("an official test set needs at least 2 repeats, each with another seed")
    return n
