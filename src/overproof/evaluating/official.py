"""The rows of an official test set, drawn again and again: what every arm scores on each sample, over all seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof import statistics
from overproof.data.duplicates import duplicate_groups
from overproof.evaluating.predictions import test_logits
from overproof.plan import Member, Plan
from overproof.randomness import key
from overproof.run import Run

Floats = NDArray[np.float64]


def sampled_rows(plan: Plan, run: Run) -> dict[str, Floats]:
    """The score of every arm on samples of the official test rows, each the mean over the seeds so far.

    All arms are scored on the same samples, of which the seed of the study is the key. Rows that repeat one another, or
    are of one group, are drawn together.

    Args:
        plan: whose splits all have the same test rows.
        run: with the predictions of every arm.

    Returns:
        By arm (teacher, simple, students and controls), shape [:data:`overproof.statistics.RESAMPLES`].
    """
    rows = plan.splits[0].test
    order = np.argsort(plan.data.ids[rows])  # however the file is ordered
    labels, groups = plan.data.labels[rows][order], _numbered(duplicate_groups(plan.data)[rows][order])
    a_key = key(plan.study.protocol.seed, "official rows")
    name = plan.study.protocol.metric
    of_rows, metric = plan.task.of_rows.get(name), plan.task.metrics[name]

    def sampled(arm: str) -> Floats:
        said = [plan.task.said(test_logits(plan, run, Member(arm, split))[order]) for split in plan.splits]
        if of_rows is not None:
            scores = np.stack([of_rows(each, labels).astype(np.float64) for each in said])
            return statistics.sampled_means(scores, groups, a_key)

        def score(drawn: NDArray[np.int64]) -> float:
            return float(np.mean([metric(each[drawn], labels[drawn]) for each in said]))

        return statistics.sampled_scores(score, groups, a_key)

    return {arm: sampled(arm) for arm in ("teacher", *plan.arms)}


def _numbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same groups, numbered as they come."""
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[place]
