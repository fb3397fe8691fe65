"""What single test rows say about student and simple: secondary evidence beside the differences over splits.

Both functions take the two trained models (of every fold) as they are: they know how much the choice of test rows
matters, and nothing of how much the training rows do. The verdict does not rest on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from overproof.errors import DataError, StudyError
from overproof.statistics.design import finite

#: Resamples of :func:`bootstrap_interval`.
RESAMPLES = 2_000


def mcnemar(student_right: ArrayLike, simple_right: ArrayLike) -> float:
    """McNemar's exact test of the hypothesis that student and simple are right equally often.

    Only the rows on which one alone is right count: under the hypothesis each of them is a fair coin, so
    ``p = min(1, 2 · P(X ≤ the smaller count))`` with ``X ~ Binomial(their number, ½)`` (McNemar, Psychometrika
    12:153–157, 1947; the exact form and not the mid-p, as it never errs more often than it says).

    Args:
        student_right: whether the student is right on each test row, shape [rows].
        simple_right: whether simple is, on the same rows.

    Returns:
        A two-sided p-value; 1 where they never differ.

    Raises:
        DataError: when the two are not one truth value for each row, or of different lengths.

    Example:
        >>> student, simple = [True] * 9 + [False, True], [False] * 8 + [True, True, False]
        >>> round(mcnemar(student, simple), 4)  # right alone: 9 rows to 1
        0.0215
    """
    student, simple = np.asarray(student_right), np.asarray(simple_right)
    if not (student.dtype == simple.dtype == np.bool_ and student.ndim == 1 and student.shape == simple.shape):
        raise DataError(
            "expected a truth value for each row from student and simple, "
            f"got {student.dtype} of shape {list(student.shape)} and {simple.dtype} of shape {list(simple.shape)}"
        )
    student_alone, simple_alone = int(np.sum(student & ~simple)), int(np.sum(simple & ~student))
    fewer, both = min(student_alone, simple_alone), student_alone + simple_alone
    return min(1.0, 2 * float(bdtr(fewer, both, 0.5)))


def bootstrap_interval(gains: ArrayLike, a_key: int, confidence: float = 0.95) -> tuple[float, float]:
    """Paired bootstrap: between which bounds the mean gain would lie, were other test rows drawn from the same source.

    The percentiles of the means of 2,000 samples of the rows, drawn with replacement (Efron, Annals of Statistics
    7:1–26, 1979). Student and simple are resampled together, as each gain is one row's. The order of the rows does not
    matter.

    Args:
        gains: what each row's score says for the student against simple, positive is better, shape [rows].
        a_key: from :func:`overproof.randomness.key`; the same key gives the same samples.
        confidence: probability in (0, 1).

    Returns:
        Lower and upper end, in the unit of the gains.

    Raises:
        StudyError: when confidence is no probability in (0, 1).
        DataError: when the gains are not finite numbers in one row.

    Example:
        >>> from overproof.randomness import key
        >>> low, high = bootstrap_interval([1.0] * 12 + [0.0] * 86 + [-1.0] * 2, key(0, "bootstrap"))
        >>> 0.0 < low < 0.1 < high < 0.2
        True
    """
    if not 0 < confidence < 1:
        raise StudyError(f"confidence must lie between 0 and 1, got {confidence}")
    row = np.sort(finite(gains, "row"))
    generator = np.random.Generator(np.random.PCG64(a_key))
    means = [row[generator.integers(len(row), size=len(row))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
