"""How sure a finding is: the tests that thresholds of the doctor rest on. Pure functions of arrays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, betaincinv, ndtri

from overproof.statistics.rows import mcnemar

#: Probability that a check raises its alarm although nothing is wrong, for checks that look for an effect.
ALPHA = 0.001
#: Normal quantile that an effect must exceed to be seen at all, for checks that miss one: P(z > 2.33) = 0.01.
SEEN = float(ndtri(0.99))


def beyond_chance(said: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """How far answers agree with labels beyond what independent answers would, in standard deviations.

    Cohen's kappa over its standard deviation under independence (Fleiss, Cohen and Everitt, Psychological Bulletin 72,
    1969): with shares of answers p and of labels q, (Pₒ − Pₑ) / √((Pₑ + Pₑ² − Σ p q (p + q)) / rows), Pₑ = Σ p q.
    Unlike accuracy it is 0 for who always says the commonest class.

    Args:
        said: classes [rows].
        labels: classes [rows].

    Returns:
        A z-score; 0 where answers or labels are all the same.

    Example:
        >>> labels = np.arange(100) % 4
        >>> round(beyond_chance(labels, labels), 1), beyond_chance(np.zeros_like(labels), labels)
        (17.3, 0.0)
    """
    classes = int(max(said.max(), labels.max())) + 1
    p = np.bincount(said, minlength=classes) / len(said)
    q = np.bincount(labels, minlength=classes) / len(labels)
    expected = float((p * q).sum())
    variance = (expected + expected**2 - float((p * q * (p + q)).sum())) / len(said)
    return (float(np.mean(said == labels)) - expected) / math.sqrt(variance) if variance > 1e-12 else 0.0


def matches_by_chance(said: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Probability that independent answers match at least as many labels: the binomial tail at Pₑ = Σ p q.

    With shares of answers p and of labels q, as in :func:`beyond_chance`. A little too large, as the shares are given.

    Args:
        said: classes [rows].
        labels: classes [rows].

    Example:
        >>> matches_by_chance(np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0]))
        0.6875
    """
    classes = int(max(said.max(), labels.max())) + 1
    p, q = (np.bincount(each, minlength=classes) / len(each) for each in (said, labels))
    matches = int((said == labels).sum())
    return float(bdtrc(matches - 1, len(said), min(float((p * q).sum()), 1.0))) if matches else 1.0


def is_better(one: NDArray[np.bool_], other: NDArray[np.bool_], risk: float = ALPHA) -> bool:
    """Whether the one is right more often than the other, by McNemar's exact test, one-sided.

    Args:
        one: whether it is right, [rows].
        other: whether the other is, on the same rows.
        risk: probability of saying so where both are equally good.

    Example:
        >>> right = np.arange(20) < 15
        >>> is_better(right, np.roll(right, 3)), is_better(right, ~right, 0.05)
        (False, True)
    """
    return bool(one.sum() > other.sum()) and mcnemar(one, other) / 2 < risk


def at_most_ahead(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """By how much the one may be right more often than the other: upper end of a one-sided 95 % bound, a share of rows.

    Agresti and Min, Statistics in Medicine 24, 2005: the normal interval for paired shares after adding half a row to
    each of the four kinds, so that two that never differed on a few rows are not taken for equal.

    Args:
        one: whether it is right, [rows].
        other: whether the other is, on the same rows.

    Example:
        >>> right = np.ones(100, dtype=np.bool_)
        >>> round(at_most_ahead(right, right), 4), round(at_most_ahead(right, ~right), 2)
        (0.0161, 1.0)
    """
    rows, wins, losses = len(one) + 2, float((one & ~other).sum()) + 0.5, float((other & ~one).sum()) + 0.5
    ahead = (wins - losses) / rows
    return min(1.0, ahead + float(ndtri(0.95)) * math.sqrt(wins + losses - (wins - losses) ** 2 / rows) / rows)


def at_least(count: int, rows: int, risk: float) -> float:
    """Lower bound of a share of which ``count`` of ``rows`` were seen, too high with probability ``risk`` at most.

    Clopper and Pearson, Biometrika 26, 1934, one-sided.

    Example:
        >>> round(at_least(100, 100, 0.05), 3), at_least(0, 100, 0.05)
        (0.97, 0.0)
    """
    return float(betaincinv(count, rows - count + 1, risk)) if count else 0.0
