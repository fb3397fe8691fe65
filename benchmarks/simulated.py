"""Simulated studies by the thousand: their differences, and the verdict's rule applied to all of them at once.

The rule here is that of ``overproof.statistics`` written for arrays; :func:`check` holds the two together. No torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtr, stdtrit

from overproof import statistics
from overproof.statistics import LOOKING_THRESHOLD, LOOKS, THRESHOLD

Floats = NDArray[np.float64]

#: The answers, by the numbers that arrays hold.
VERDICTS = ("not settled", "helps", "hurts", "makes no practical difference")
NOT_SETTLED, HELPS, HURTS, SAME = range(4)

#: Half a point of accuracy, the default for rates.
ROPE = 0.005

#: How many studies are in memory together.
CHUNK = 10_000

#: Differences [studies, repeats, folds] from a generator and a number of studies.
Source = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True)
class Correlation:
    """How the differences of two splits of one study go together over studies."""

    within: float
    """Two folds of the same repeat."""
    between: float
    """Two folds of different repeats."""


def equal(correlation: float) -> Correlation:
    """The same between any two splits (compound symmetry): what the correlated t-test assumes, with 1/folds."""
    return Correlation(correlation, correlation)


#: Noise of a single split: mean 0, variance 1.
NOISE: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": lambda random, shape: random.standard_normal(shape),
    "heavy tails": lambda random, shape: random.standard_t(3, shape) / math.sqrt(3),
    "skewed": lambda random, shape: random.standard_exponential(shape) - 1,
}


def correlated(folds: int, correlation: Correlation, spread: float, mean: float = 0.0, noise: str = "normal") -> Source:
    """Differences whose standard deviation over the splits of one cross-validation is ``spread``.

    ``mean + spread · (e + √shared · shift)``: e is one split's own, the shift is one normal number for the whole study:
    what this data set does to every split of it. Its mean over studies is 0; it is what makes splits correlated.
    Where the correlation within a repeat is another than between repeats, the mean of each repeat is rescaled.
    """
    shared = correlation.between / (1 - correlation.within)
    of_repeats = (1 + (folds - 1) * correlation.within) / (1 - correlation.within) - folds * shared

    def draw(random: np.random.Generator, studies: int) -> Floats:
        own = NOISE[noise](random, (studies, LOOKS[-1], folds))
        own += (math.sqrt(max(0.0, of_repeats)) - 1) * own.mean(axis=2, keepdims=True)
        return mean + spread * (own + math.sqrt(shared) * random.standard_normal((studies, 1, 1)))

    return draw


def counted(folds: int, rows: int, differing: float) -> Source:
    """Differences of accuracy as few test rows give them: whole numbers of rows, often equal, often 0.

    Student and simple answer a share ``differing`` of the ``rows`` of a test fold differently, and one of the two is
    right. That it is the student has, in a study, a probability around ½ whose variance over studies makes the
    correlation of two splits 1/folds.
    """
    sd = 0.5 * math.sqrt(1 / (rows * differing * (folds - 1)))

    def draw(random: np.random.Generator, studies: int) -> Floats:
        chance = np.clip(0.5 + sd * random.standard_normal((studies, 1, 1)), 0, 1)
        differ = random.binomial(rows, differing, (studies, LOOKS[-1], folds))
        return np.round((2 * random.binomial(differ, chance) - differ) / rows, 12)

    return draw


def chunks(source: Source, studies: int, seed: int = 0) -> Iterator[Floats]:
    """The studies, a part at a time."""
    random = np.random.default_rng(seed)
    for start in range(0, studies, CHUNK):
        yield source(random, min(CHUNK, studies - start))


@dataclass(frozen=True)
class Judged:
    """What the rule says about many studies, each array [studies]."""

    verdicts: NDArray[np.int8]
    """Numbers in :data:`VERDICTS`."""
    repeats: NDArray[np.int64]
    """Repeats used."""
    low: Floats
    high: Floats
    """Ends of the interval after these repeats."""


def judged(differences: Floats, repeats: int | str, rope: float = ROPE) -> Judged:
    """The verdict and interval of every study after ``repeats`` repeats, or by looking (``"auto"``)."""
    if repeats != "auto":
        return _after(differences, int(repeats), rope, THRESHOLD)
    first, *later_looks = looks(differences)
    found = _after(differences, first, rope, LOOKING_THRESHOLD)
    for look in later_looks:
        open_ = found.verdicts == NOT_SETTLED
        later = _after(differences, look, rope, LOOKING_THRESHOLD)
        found = Judged(
            np.where(open_, later.verdicts, found.verdicts),
            np.where(open_, later.repeats, found.repeats),
            np.where(open_, later.low, found.low),
            np.where(open_, later.high, found.high),
        )
    return found


def looks(differences: Floats) -> list[int]:
    """After how many repeats ``"auto"`` looks, with as many repeats as there are."""
    return [look for look in LOOKS if look <= differences.shape[1]]


def _after(differences: Floats, repeats: int, rope: float, threshold: float) -> Judged:
    folds, n = differences.shape[2], repeats * differences.shape[2]
    rows = differences[:, :repeats].reshape(len(differences), n)
    offsets = rows - rows[:, :1]  # as in overproof: equal differences have a spread of exactly 0
    mean = rows[:, 0] + offsets.mean(axis=1)
    scale = offsets.std(axis=1, ddof=1) * math.sqrt(statistics.variance_factor(n, folds))
    with np.errstate(divide="ignore", invalid="ignore"):  # a scale of 0 is certainty, and 0/0 is within the rope
        helps, hurts = (np.nan_to_num(stdtr(n - 1, (m - rope) / scale), nan=0.0) for m in (mean, -mean))
    verdicts = np.where(1 - helps - hurts > statistics.confidence(threshold), SAME, NOT_SETTLED)
    verdicts = np.where(helps > threshold, HELPS, np.where(hurts > threshold, HURTS, verdicts)).astype(np.int8)
    half = float(stdtrit(n - 1, threshold)) * scale
    return Judged(verdicts, np.full(len(rows), repeats), mean - half, mean + half)


def check(differences: Floats, repeats: int | str, rope: float = ROPE) -> None:
    """See that the rule above says of these studies exactly what ``overproof.statistics`` says.

    Raises:
        AssertionError: when it does not.
    """
    folds, found = differences.shape[2], judged(differences, repeats, rope)
    looked = looks(differences) if repeats == "auto" else [int(repeats)]
    threshold = LOOKING_THRESHOLD if repeats == "auto" else THRESHOLD
    for number, study in enumerate(differences):
        answer, used = "not settled", 0
        for used in looked:
            answer = statistics.verdict(statistics.probabilities(study[:used].ravel(), folds, rope), threshold)
            if answer != "not settled":
                break
        interval = statistics.interval(study[:used].ravel(), folds, statistics.confidence(threshold))
        assert (VERDICTS[found.verdicts[number]], found.repeats[number]) == (answer, used)
        assert np.allclose((found.low[number], found.high[number]), interval, rtol=1e-9, atol=1e-12)


def upper_bound(hits: int, trials: int) -> float:
    """The highest rate that is compatible with so few hits: one-sided 95 % bound of Clopper and Pearson."""
    return 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, 0.95))


def lower_bound(hits: int, trials: int) -> float:
    """The lowest rate that is compatible with so many hits: one-sided 95 % bound of Clopper and Pearson."""
    return 1 - upper_bound(trials - hits, trials)
