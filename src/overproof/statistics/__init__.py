"""What paired differences over repeated cross-validation allow one to say.

Most functions take the differences student − simple, one for each split, signed so that positive is better: a flat
array of repeats × folds numbers. Training sets of different splits overlap, so the differences are correlated and the
plain paired t-test finds effects that are not there. Here the variance of their mean carries the correction of
Nadeau and Bengio (Machine Learning 52, 2003): ``sd² · (1/n + 1/(folds − 1))``. More repeats shrink the first term only.
Where the splits are no k-fold cross-validation, a :class:`Design` says what the variance is.

``design`` says how splits hang together, ``differences`` measures, ``deciding`` answers, ``power`` says what could be
found, ``gap`` relates the student to its teacher, ``official`` weighs the rows of an official test set, and ``rows``
asks the test rows themselves.
"""

from __future__ import annotations

from overproof.statistics.deciding import (
    LOOKING_THRESHOLD,
    LOOKS,
    THRESHOLD,
    confidence,
    holm,
    verdict,
    verdicts,
)
from overproof.statistics.design import Design, Folds, k_fold, seeds, windows
from overproof.statistics.differences import (
    Posterior,
    Probabilities,
    TTest,
    interval,
    posterior,
    probabilities,
    spread,
    t_test,
    variance_factor,
)
from overproof.statistics.gap import GapInterval, gap_closed, gap_interval
from overproof.statistics.official import paired_samples, row_variance, sampled_means, sampled_scores, samples
from overproof.statistics.power import (
    DETECTED,
    MOST_REPEATS,
    QUANTILES,
    detectable_effect,
    power_curve,
    repeats_needed,
    smallest_effect,
)
from overproof.statistics.rows import RESAMPLES, bootstrap_interval, mcnemar

__all__ = [
    "DETECTED",
    "LOOKING_THRESHOLD",
    "LOOKS",
    "MOST_REPEATS",
    "QUANTILES",
    "RESAMPLES",
    "THRESHOLD",
    "Design",
    "Folds",
    "GapInterval",
    "Posterior",
    "Probabilities",
    "TTest",
    "bootstrap_interval",
    "confidence",
    "detectable_effect",
    "gap_closed",
    "gap_interval",
    "holm",
    "interval",
    "k_fold",
    "mcnemar",
    "paired_samples",
    "posterior",
    "power_curve",
    "probabilities",
    "repeats_needed",
    "row_variance",
    "sampled_means",
    "sampled_scores",
    "samples",
    "seeds",
    "smallest_effect",
    "spread",
    "t_test",
    "variance_factor",
    "verdict",
    "verdicts",
    "windows",
]
