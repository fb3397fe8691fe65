"""Repeated rows: the same row under two labels, and rows that all but repeat one on the other side of a test border."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.data.duplicates import same_inputs
from overproof.doctor.answers import known, sample
from overproof.doctor.evidence import ALPHA, at_least
from overproof.doctor.features import features
from overproof.doctor.finding import Finding, percent
from overproof.plan import Plan

#: Errors that no model can avoid, as a share of the rows, above which results mean something else: the usual rope.
UNAVOIDABLE = 0.005
#: Test rows, and rows they are compared with, where there are more.
TESTED, COMPARED = 256, 20_000
#: Two rows are all but the same when they are this much closer than rows and their nearest neighbours usually are.
CLOSE = 0.01
#: A part of the test rows that may have such a neighbour.
TOLERATED = 0.01


def repeated_rows(plan: Plan) -> Iterator[Finding]:
    """Count labels that contradict one another, and near-repeats across the first split's test border."""
    rows = known(plan)
    wrong = 0
    if plan.task.name != "regression":  # values may differ from measurement to measurement
        labels = np.unique(plan.data.labels[rows].reshape(len(rows), -1), axis=0, return_inverse=True)[1].ravel()
        wrong = _contradictions(same_inputs(plan.data)[rows], labels)
    if wrong > UNAVOIDABLE * len(rows):
        yield Finding(
            "repeated rows",
            "warning",
            f"{wrong:,} of {len(rows):,} rows ({percent(wrong / len(rows))}) repeat another row exactly but "
            "have another label; no model can be right on them.",
            "Correct the labels, or add the feature that tells such rows apart.",
        )
    near, tested = _near_repeats(plan)
    if near and at_least(near, tested, ALPHA) > TOLERATED:
        yield Finding(
            "repeated rows",
            "warning",
            f"{near} of {tested} test rows all but repeat a training row (more than {1 / CLOSE:g} times closer than "
            "nearest neighbours usually are).",
            "If they are copies of one original (frames, crops, measurements of one subject), keep one of each.",
        )


def _contradictions(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> int:
    """Rows whose label is not the commonest one among their exact repeats."""
    pairs, counts = np.unique(np.stack((groups, labels)), axis=1, return_counts=True)
    commonest = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    np.maximum.at(commonest, pairs[0], counts)
    return len(labels) - int(commonest.sum())


def _near_repeats(plan: Plan) -> tuple[int, int]:
    """Test rows of the first split with a training row next to them that is not the same, and test rows looked at."""
    split = plan.splits[0]
    test, train = sample(plan, split.test, TESTED), sample(plan, split.train, COMPARED)
    both = np.concatenate((test, train))
    values = features(plan.data, plan.data.inputs[both])
    deviation = values[len(test) :].std(axis=0)
    scaled = values / np.where(deviation > 0, deviation, 1)
    nearest = _nearest(scaled[: len(test)].astype(np.float64), scaled[len(test) :].astype(np.float64))
    usual = float(np.median(nearest))
    return int((nearest < CLOSE * usual).sum()), len(test)


def _nearest(rows: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance from each row to the nearest of the others."""
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * rows @ others.T
    distances: NDArray[np.float64] = np.sqrt(squares.min(axis=1).clip(min=0))
    return distances
