"""A student against simple, and where its gain came from."""

from __future__ import annotations

from typing import Literal

from overproof.results.arms import Spread
from overproof.results.record import Record

Verdict = Literal["helps", "hurts", "makes no practical difference", "not settled"]


class Power(Record):
    """Which true differences could have been found, were the spread of the differences the one seen."""

    effects: list[float]
    """True mean differences, ascending, in the metric's own unit, positive is better."""
    probabilities: list[float]
    """For each effect, the probability that the verdict is ``helps`` with this many repeats."""
    detectable: float
    """The smallest effect for which it is 0.8."""
    floor: float
    """The mean difference that any number of repeats would have to exceed for ``helps``."""


class Comparison(Record):
    """One student arm against simple, on the headline metric."""

    arm: str
    metric: str
    differences: Spread
    """Student − simple, positive is better."""
    low: float
    """Lower end of the 95 % Nadeau–Bengio interval of the mean difference."""
    high: float
    scale: float | None = None
    """Standard error of the mean difference, by which its posterior (Student's) is scaled; None where the differences
    have no spread, and in files that do not say."""
    df: int | None = None
    """Degrees of freedom of the posterior; None as for ``scale``."""
    p_helps: float
    """P(difference > rope), Bayesian correlated t-test."""
    p_same: float
    p_hurts: float
    rope: float
    threshold: float
    """Probability that ``helps`` and ``hurts`` have to exceed."""
    verdict: Verdict
    sentence: str
    gap_closed: float | None
    """(student − simple) / (teacher − simple), or None where the teacher is not better than simple."""
    gap_low: float | None = None
    """Lower end of the 95 % interval of the gap closed (Fieller's), or None where it has no ends."""
    gap_high: float | None = None
    gap_note: str | None = None
    """Why the interval of the gap closed has no ends; None where it has."""
    repeats_needed: int | None
    """Repeats in all that would settle it if mean and spread stay; None when settled or when no number would."""
    power: Power | None = None
    """What this many repeats could have found; None where all differences are equal."""
    mcnemar_p: float | None = None
    """McNemar's exact test on the test rows of the first repeat, two-sided; None where rows are not right or wrong."""
    rows_low: float | None = None
    """Lower end of the 95 % bootstrap interval of the mean difference over these rows, positive is better; None where
    the metric is no mean over rows."""
    rows_high: float | None = None


class Effect(Record):
    """One arm against another on the headline metric."""

    differences: Spread
    """For each split; positive is better."""
    low: float
    """Lower end of the 95 % Nadeau–Bengio interval of the mean difference."""
    high: float
    p_better: float
    """P(difference > rope), Bayesian correlated t-test."""
    p_same: float
    p_worse: float


class Control(Record):
    """What one control arm says about the student's gain."""

    arm: str
    gain: Effect
    """Control − simple: what there is to gain without the teacher's knowledge, in this way."""
    surplus: Effect
    """Student − control: what the student has beyond that."""


class Attribution(Record):
    """Where the difference between a student and simple came from, as far as the controls can tell."""

    arm: str
    """The student: the first, where there are several."""
    metric: str
    controls: list[Control]
    sentence: str
