"""What a verdict rests on: folds, windows of time, or the rows of an official test set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overproof import statistics
from overproof.data.dataset import TEST
from overproof.evaluating.official import sampled_rows
from overproof.plan import Plan
from overproof.run import Run
from overproof.statistics import Design

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Basis:
    """How differences of two arms over the splits are to be read.

    Example:
        >>> Basis(statistics.k_fold(5)).of("student", "simple").ratio
        0.25
    """

    design: Design
    """Of the splits."""
    sampled: Mapping[str, Floats] | None = None
    """For an official test set: the score of every arm on samples of its rows."""

    def of(self, first: str, second: str) -> Design:
        """The design for the differences of two arms."""
        if self.sampled is None:
            return self.design
        return statistics.seeds(statistics.row_variance(self.sampled[first], self.sampled[second]))

    def sampled_gains(self, student: str, simple: str, teacher: str, direction: int) -> Floats | None:
        """Mean gain and mean gap on samples of the test rows, positive is better, [samples, 2]; None for folds."""
        if self.sampled is None:
            return None
        ours, base, best = statistics.paired_samples(*(self.sampled[arm] for arm in (student, simple, teacher)))
        return direction * np.stack((ours - base, best - base), axis=1)


def basis_of(plan: Plan, run: Run) -> Basis:
    """What the verdict of a run rests on.

    Args:
        plan: its data say whether there is an official test set, or rows are ordered by time.
        run: with the predictions of every arm.
    """
    if (plan.data.part == TEST).any():
        return Basis(statistics.seeds(0.0), sampled_rows(plan, run))
    if plan.data.times is not None:
        first = [split for split in plan.splits if split.repeat == 0]
        return Basis(statistics.windows([(len(split.test), len(split.train)) for split in first]))
    return Basis(statistics.k_fold(plan.study.protocol.folds))
