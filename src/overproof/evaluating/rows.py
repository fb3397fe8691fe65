"""How student and simple did on single rows: the test rows of the first repeat, in which every row is tested once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from overproof.evaluating.predictions import test_logits
from overproof.metrics import hits, log_losses, squared_distances
from overproof.plan import Member, Plan
from overproof.run import Run

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RowScores:
    """One arm on every test row of the first repeat, each predicted by the model that was not trained on it."""

    right: NDArray[np.bool_]
    """Whether the most probable class is the label, shape [rows]."""
    scores: Floats | None
    """What each row adds to the study's metric, shape [rows]; None where the metric is no mean over rows."""


def row_scores(plan: Plan, run: Run) -> dict[str, RowScores]:
    """Simple and every student arm, by name, on the same rows in the same order."""
    splits = [split for split in plan.splits if split.repeat == 0]
    labels = np.concatenate([plan.data.labels[split.test] for split in splits])
    score = OF_ROWS.get(plan.study.protocol.metric)
    found = {}
    for arm in ("simple", *plan.study.arms):
        logits = np.concatenate([test_logits(plan, run, Member(arm, split)) for split in splits])
        probabilities = softmax(logits.astype(np.float64), axis=1)
        scores = None if score is None else score(probabilities, labels).astype(np.float64)
        found[arm] = RowScores(hits(probabilities, labels), scores)
    return found


#: The metrics of :mod:`overproof.metrics` that are means over rows, before the mean is taken.
OF_ROWS: Mapping[str, Callable[[Floats, NDArray[np.int64]], NDArray[Any]]] = MappingProxyType(
    {"accuracy": hits, "log_loss": log_losses, "brier": squared_distances}
)
