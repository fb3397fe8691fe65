"""What stands beside a verdict: what the test rows themselves say, and which effects could have been found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from overproof import statistics
from overproof.evaluating.rows import RowScores
from overproof.randomness import key
from overproof.results import DIRECTION, Power, Spread
from overproof.statistics import Design

#: Points of a power curve, from no effect to half as much again as the effect found with probability 0.8.
POINTS = 31


class RowEvidence(NamedTuple):
    """Secondary evidence: each of these is None where it cannot be had."""

    mcnemar_p: float | None = None
    low: float | None = None
    """Lower end of the bootstrap interval of the mean gain over rows, positive is better."""
    high: float | None = None


def of_rows(student: RowScores | None, simple: RowScores | None, metric: str, seed: int) -> RowEvidence:
    """McNemar's test, and the paired bootstrap where the metric is a mean over rows.

    Args:
        student: its scores on the test rows of the first repeat; None where rows were not scored.
        simple: on the same rows.
        metric: the study's.
        seed: the study's; every arm is compared with simple on the same resamples.
    """
    if student is None or simple is None:
        return RowEvidence()
    right = None if student.right is None or simple.right is None else (student.right, simple.right)
    p = None if right is None else statistics.mcnemar(*right)
    if student.scores is None or simple.scores is None:
        return RowEvidence(p)
    gains = DIRECTION[metric] * (student.scores - simple.scores)
    return RowEvidence(p, *statistics.bootstrap_interval(gains, key(seed, "bootstrap")))


def power(differences: Spread, design: Design, rope: float, threshold: float) -> Power | None:
    """Which true differences this many repeats find, were the spread of the differences the one seen.

    It rests on the spread alone, not on the mean: the power at the effect that was seen would only repeat the verdict.

    Args:
        differences: student − simple for each split.
        design: of the splits.
        rope: region of practical equivalence.
        threshold: probability that ``helps`` has to exceed.

    Returns:
        None where all differences are equal, which says nothing about other effects (but the rows of an official test
        set do).
    """
    sd, repeats = statistics.spread(design.apart(differences.values)).sd or 0.0, len(differences.values) // design.folds
    if not sd and not design.rows:
        return None
    detectable = statistics.detectable_effect(sd, design, repeats, rope=rope, threshold=threshold)
    effects = np.linspace(0.0, 1.5 * detectable, POINTS).tolist()
    return Power(
        effects=effects,
        probabilities=statistics.power_curve(effects, sd, design, repeats, rope=rope, threshold=threshold),
        detectable=detectable,
        floor=statistics.smallest_effect(sd, design, rope, threshold=threshold),
    )
