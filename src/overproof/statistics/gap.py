"""Gap closed: how far the student has gone from simple to its teacher, and between which bounds that lies."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from overproof.errors import DataError
from overproof.statistics.differences import checked, moments, quantile, variance_factor


class GapInterval(NamedTuple):
    """Ends of an interval, or why there are none."""

    low: float | None
    high: float | None
    note: str | None
    """Why the interval has no ends, in words; None where it has."""


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


def gap_interval(gains: ArrayLike, gaps: ArrayLike, folds: int, confidence: float = 0.95) -> GapInterval:
    """Confidence interval of the gap closed, a ratio of two correlated means, by Fieller's method.

    All shares R for which the corrected t-test of ``gains − R · gaps`` does not reject a mean of 0. With the means a
    and b, their (co)variances over splits, and ``q = t²(n − 1) · (1/n + 1/(folds − 1))``, those that solve

        ``(b² − q·var_b) · R² − 2 (a·b − q·cov) · R + (a² − q·var_a) ≤ 0``

    They are an interval exactly when the mean gap differs from 0 at this confidence; otherwise a share of any size
    is compatible with the data, and no honest interval has two ends (Fieller, Journal of the Royal Statistical Society
    B 16:175–185, 1954; the variance is Nadeau and Bengio's, 2003). The interval is not symmetric about the ratio.

    Args:
        gains: student − simple, positive is better, shape [repeats × folds].
        gaps: teacher − simple on the same splits, positive where the teacher is better, of the same shape.
        folds: folds of one cross-validation.
        confidence: probability in (0, 1).

    Returns:
        Two fractions and no note, or no ends and a note that says why.

    Raises:
        StudyError: when folds is below 2 or confidence is no probability in (0, 1).
        DataError: when either is not one finite number for each split, or they are of different lengths.

    Example:
        >>> gains, gaps = [0.02, 0.01, 0.03, 0.02, 0.02], [0.04, 0.03, 0.05, 0.04, 0.04]
        >>> low, high, note = gap_interval(gains, gaps, folds=5)
        >>> round(low, 2), round(high, 2), note
        (0.25, 0.62, None)
        >>> gap_interval(gains, [0.04, -0.03, 0.05, -0.01, 0.01], folds=5).note
        "the teacher's lead over simple is not clearly different from 0 (95 %), so the share could be of any size"
    """
    a, b = checked(gains, folds), checked(gaps, folds)
    if len(a) != len(b):
        raise DataError(f"expected gains and gaps of the same splits, got {len(a)} and {len(b)}")
    q = quantile(len(a) - 1, confidence) ** 2 * variance_factor(len(a), folds)
    (mean_a, sd_a), (mean_b, sd_b) = moments(a), moments(b)
    if mean_b <= 0:
        return GapInterval(None, None, "the teacher is not better than simple, so there is no gap to close")
    leading = mean_b**2 - q * sd_b**2
    if leading <= 0:
        unclear = f"the teacher's lead over simple is not clearly different from 0 ({confidence * 100:g} %)"
        return GapInterval(None, None, f"{unclear}, so the share could be of any size")
    covariance = float(np.cov(a - a[0], b - b[0])[0, 1])
    centre = mean_a * mean_b - q * covariance
    # the discriminant, without the difference of two large numbers: exactly 0 where nothing varies
    _, residual = moments(a - mean_a / mean_b * b)
    root = q * mean_b**2 * residual**2 - q**2 * (sd_a**2 * sd_b**2 - covariance**2)
    half = math.sqrt(max(0.0, root))
    return GapInterval((centre - half) / leading, (centre + half) / leading, None)
