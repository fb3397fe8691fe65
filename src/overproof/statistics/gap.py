"""Gap closed: how far the student has gone from simple to its teacher, and between which bounds that lies."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from overproof.errors import DataError
from overproof.statistics.design import Folds, as_design, moments
from overproof.statistics.differences import quantile


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


def gap_interval(
    gains: ArrayLike,
    gaps: ArrayLike,
    folds: Folds,
    confidence: float = 0.95,
    *,
    rows: ArrayLike | None = None,
) -> GapInterval:
    """Confidence interval of the gap closed, a ratio of two correlated means, by Fieller's method.

    All shares R for which the corrected t-test of ``gains − R · gaps`` does not reject a mean of 0. With the means a
    and b, the (co)variances of these means, and ``q = t²(n − 1)``, those that solve

        ``(b² − q·var_b) · R² − 2 (a·b − q·cov) · R + (a² − q·var_a) ≤ 0``

    Of folds, the (co)variances of means are those over splits times ``1/n + 1/(folds − 1)``.

    They are an interval exactly when the mean gap differs from 0 at this confidence; otherwise a share of any size
    is compatible with the data, and no honest interval has two ends (Fieller, Journal of the Royal Statistical Society
    B 16:175–185, 1954; the variance is Nadeau and Bengio's, 2003). The interval is not symmetric about the ratio.

    Args:
        gains: student − simple, positive is better, shape [repeats × folds].
        gaps: teacher − simple on the same splits, positive where the teacher is better, of the same shape.
        folds: as for :func:`overproof.statistics.posterior`.
        confidence: probability in (0, 1).
        rows: for an official test set: mean gain and mean gap on samples of its rows, shape [samples, 2], whose
            (co)variances are added. The design's own ``rows`` has no say here.

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
    design = as_design(folds)
    a, b = design.apart(gains), design.apart(gaps)
    if len(a) != len(b):
        raise DataError(f"expected gains and gaps of the same splits, got {len(a)} and {len(b)}")
    q, factor = quantile(len(a) - 1, confidence) ** 2, 1 / len(a) + design.ratio
    (mean_a, sd_a), (mean_b, sd_b) = moments(a), moments(b)
    if mean_b <= 0:
        return GapInterval(None, None, "the teacher is not better than simple, so there is no gap to close")
    residual = factor * moments(a - mean_a / mean_b * b)[1] ** 2  # of the mean of gains − ratio · gaps: 0 if exact
    var_a, var_b, covariance = factor * sd_a**2, factor * sd_b**2, factor * float(np.cov(a - a[0], b - b[0])[0, 1])
    if rows is not None:
        sampled = np.asarray(rows, dtype=np.float64)
        of_rows = np.cov(sampled, rowvar=False)
        var_a, var_b, covariance = var_a + of_rows[0, 0], var_b + of_rows[1, 1], covariance + float(of_rows[0, 1])
        residual += float(np.var(sampled[:, 0] - mean_a / mean_b * sampled[:, 1], ddof=1))
    leading = mean_b**2 - q * var_b
    if leading <= 0:
        unclear = f"the teacher's lead over simple is not clearly different from 0 ({confidence * 100:g} %)"
        return GapInterval(None, None, f"{unclear}, so the share could be of any size")
    centre = mean_a * mean_b - q * covariance
    # the discriminant, without the difference of two large numbers: exactly 0 where nothing varies
    root = q * mean_b**2 * residual - q**2 * (var_a * var_b - covariance**2)
    half = math.sqrt(max(0.0, root))
    return GapInterval((centre - half) / leading, (centre + half) / leading, None)
