"""How student and simple did on single rows: the test rows of the first repeat, in which no row is tested twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overproof.evaluating.predictions import test_logits
from overproof.metrics import hits
from overproof.plan import Member, Plan
from overproof.run import Run

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RowScores:
    """One arm on every test row of the first repeat, each predicted by the model that was not trained on it."""

    right: NDArray[np.bool_] | None
    """Whether the most probable class is the label, shape [rows]; None where rows are not right or wrong."""
    scores: Floats | None
    """What each row adds to the study's metric, shape [rows]; None where the metric is no mean over rows."""


def row_scores(plan: Plan, run: Run) -> dict[str, RowScores]:
    """Simple and every student arm, by name, on the same rows in the same order."""
    task, splits = plan.task, [split for split in plan.splits if split.repeat == 0]
    labels = np.concatenate([plan.data.labels[split.test] for split in splits])
    score = task.of_rows.get(plan.study.protocol.metric)
    found = {}
    for arm in ("simple", *plan.study.arms):
        said = task.said(np.concatenate([test_logits(plan, run, Member(arm, split)) for split in splits]))
        scores = None if score is None else score(said, labels).astype(np.float64)
        found[arm] = RowScores(hits(said, labels) if task.classifies else None, scores)
    return found
