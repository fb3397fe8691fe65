"""False alarms and coverage where splits are no k-fold cross-validation: windows of time, and an official test set.

Studies are real, small ones: a ridge classifier is trained on one half of the columns (simple) and on the other half
(the student). In time both halves tell as much, so that neither is better over data sets. ``docs/statistics.md`` quotes
the figures. No torch.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from overproof import statistics
from overproof.statistics import Design
from simulated import lower_bound, upper_bound
from timing import QUICK, Figure, keep

Floats = NDArray[np.float64]

STUDIES = 20 if QUICK else 1_000
FOLDS = (2, 3, 5, 10)
REPEATS = (1, 5)
#: Rows of a study in time, columns of either half, length of a half's vector of class means.
ROWS, COLUMNS, SIGNAL = 300, 6, 1.0
#: By which angle the class means turn over the whole time.
DRIFTS = (0.0, math.pi / 2)

#: Training rows; test rows; seeds; and how much of the training rows a seed sees.
LEARNT, SEEDS, SHARE = 200, 5, 0.5
TESTED = (100, 400, 2_000)
#: Seeds whose mean is taken for the truth.
MANY = 100


def ridge(x: Floats, y: Floats) -> Floats:
    """Weights and, last, an intercept of labels −1 and 1."""
    wide = np.concatenate((x, np.ones((len(x), 1))), axis=1)
    return np.asarray(np.linalg.solve(wide.T @ wide + np.eye(wide.shape[1]), wide.T @ y), dtype=np.float64)


def hits(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Whether each row is right, as numbers."""
    return np.asarray((x @ weights[:-1] + weights[-1]) * y > 0, dtype=np.float64)


def half(random: np.random.Generator, y: Floats, drift: float) -> Floats:
    """Columns whose class means are a vector of one length, which turns by an angle while the rows go by."""
    first, second = np.linalg.qr(random.standard_normal((COLUMNS, 2)))[0].T
    angle = drift * np.linspace(0, 1, len(y))[:, None]
    means = SIGNAL * (np.cos(angle) * first + np.sin(angle) * second)
    return np.asarray(means * y[:, None] + random.standard_normal((len(y), COLUMNS)))


def windows_study(random: np.random.Generator, folds: int, repeats: int, drift: float) -> tuple[Floats, Design]:
    """Differences of accuracy over expanding windows; its seed draws nine tenths of the earlier rows."""
    y = random.choice([-1.0, 1.0], ROWS)
    halves = [half(random, y, drift) for _ in range(2)]
    ends = np.linspace(0, ROWS, folds + 2).round().astype(int)[1:]
    found = np.empty((repeats, folds))
    for repeat in range(repeats):
        for fold in range(folds):
            test = slice(ends[fold], ends[fold + 1])
            seen = random.permutation(ends[fold])[: 9 * ends[fold] // 10]
            simple, student = (hits(ridge(x[seen], y[seen]), x[test], y[test]).mean() for x in halves)
            found[repeat, fold] = student - simple
    sizes = [(int(ends[fold + 1] - ends[fold]), int(ends[fold])) for fold in range(folds)]
    return found.ravel(), statistics.windows(sizes)


def alarms(folds: int, repeats: int, drift: float) -> tuple[float, float]:
    """How often ``helps`` or ``hurts`` is said without a rope, by the rule and as if folds had been drawn anew."""
    random = np.random.default_rng(20261124)
    ours = theirs = 0
    for _ in range(STUDIES):
        differences, design = windows_study(random, folds, repeats, drift)
        ours += statistics.t_test(differences, design).p < 0.05
        theirs += statistics.t_test(differences, folds).p < 0.05
    return ours / STUDIES, theirs / STUDIES


def accuracy(weights: Floats, means: Floats) -> float:
    """Of a linear classifier over all rows there could be."""
    length = math.sqrt(float(weights[:-1] @ weights[:-1]))
    signal, shift = float(weights[:-1] @ means), float(weights[-1])
    return float((ndtr((signal + shift) / length) + ndtr((signal - shift) / length)) / 2)


def covered(tested: int) -> dict[str, float]:
    """How often 95 % intervals hold the true mean difference over seeds and rows: with both variances, and with one."""
    random = np.random.default_rng(20261125)
    inside = {"both": 0, "seeds alone": 0, "rows alone": 0}
    for _ in range(STUDIES):
        means = random.standard_normal((2, COLUMNS)) * SIGNAL / math.sqrt(COLUMNS)
        y, asked = random.choice([-1.0, 1.0], LEARNT), random.choice([-1.0, 1.0], tested)
        learnt = [own * y[:, None] + random.standard_normal((LEARNT, COLUMNS)) for own in means]
        rows = [own * asked[:, None] + random.standard_normal((tested, COLUMNS)) for own in means]
        truth, right = np.empty(MANY), np.empty((SEEDS, tested))
        for seed in range(MANY):
            seen = random.permutation(LEARNT)[: int(SHARE * LEARNT)]
            simple, student = (ridge(x[seen], y[seen]) for x in learnt)
            truth[seed] = accuracy(student, means[1]) - accuracy(simple, means[0])
            if seed < SEEDS:
                right[seed] = hits(student, rows[1], asked) - hits(simple, rows[0], asked)
        of_rows = float(np.var(right.mean(axis=0))) / tested  # what the bootstrap comes to, in a formula
        differences = right.mean(axis=1)
        low, high = statistics.interval(differences, statistics.seeds(of_rows))
        inside["both"] += low <= truth.mean() <= high
        mean, sd = float(differences.mean()), float(differences.std(ddof=1))
        inside["seeds alone"] += abs(mean - truth.mean()) <= stdtrit(SEEDS - 1, 0.975) * sd / math.sqrt(SEEDS)
        inside["rows alone"] += abs(mean - truth.mean()) <= 1.96 * math.sqrt(of_rows)
    return {name: count / STUDIES for name, count in inside.items()}


def main() -> None:
    """Simulate, print and keep."""
    rates = {
        f"{folds} folds, {repeats} repeats, {'drifting' if drift else 'steady'}": alarms(folds, repeats, drift)
        for folds in FOLDS
        for repeats in REPEATS
        for drift in DRIFTS
    }
    coverage = {f"{tested} test rows": covered(tested) for tested in TESTED}
    worst = max(ours for ours, _ in rates.values())
    least = min(each["both"] for each in coverage.values())
    keep(
        "false_alarms_splits",
        [
            Figure("windows, false alarms without a rope", upper_bound(round(worst * STUDIES), STUDIES), "<= 0.07"),
            Figure("official test set, coverage", lower_bound(round(least * STUDIES), STUDIES), ">= 0.93"),
        ],
        studies_per_setting=STUDIES,
        windows_alarms={name: ours for name, (ours, _) in rates.items()},
        windows_alarms_as_if_folds_were_drawn_anew={name: theirs for name, (_, theirs) in rates.items()},
        official_coverage=coverage,
    )


if __name__ == "__main__":
    main()
