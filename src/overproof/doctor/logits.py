"""Logits: soft targets are raw logits or values; probabilities in their place are flattened by a second softmax."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from overproof.doctor.answers import Answers
from overproof.doctor.finding import Finding
from overproof.metrics import SUM_TOLERANCE
from overproof.plan import Plan

#: What some sigmoid of a teacher exceeds; logits of an untrained one may be positive and small.
SURE = 0.5


def logits(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """Look whether a teacher's answers are probabilities, or one answer to everything."""
    if plan.task.name == "regression":
        yield from _of_values(answers)
        return
    values = answers.logits.astype(np.float64)
    low, high, sums = values.min(), values.max(), values.sum(axis=1)
    seen = f"All {len(values)} answers of the teacher lie in {low:.3g} … {high:.3g}"
    if len(values) > 1 and not np.ptp(values, axis=0).any():
        yield Finding(
            "logits",
            "error",
            f"The teacher gives the same logits to all {len(values)} rows.",
            "See that it reads its input and that its weights are loaded.",
        )
    elif plan.task.name == "multilabel":
        if low >= 0 and SURE < high <= 1:
            yield Finding(
                "logits",
                "error",
                f"{seen}: they look like probabilities, and no sigmoid of such numbers is below 0.5 or above 0.73.",
                "Leave out its sigmoid, and return logits.",
            )
    elif low >= 0 and np.abs(sums - 1).max() < SUM_TOLERANCE:
        yield Finding(
            "logits",
            "error",
            f"{seen} and add up to 1: they are probabilities, not logits.",
            "Leave out its softmax, or return the logarithm of the probabilities.",
        )
    elif low >= 0 and SURE < high <= 1:
        most = np.e / (np.e + values.shape[1] - 1)
        yield Finding(
            "logits",
            "error",
            f"{seen}: they look like sigmoids, and softmax over {values.shape[1]} such numbers never exceeds "
            f"{most:.2f}.",
            "Return logits; several labels for one row (multi-label) are another task than this one.",
        )


def _of_values(answers: Answers) -> Iterator[Finding]:
    if len(answers.logits) > 1 and not np.ptp(answers.logits, axis=0).any():
        yield Finding(
            "logits",
            "error",
            f"The teacher gives the same values to all {len(answers.logits)} rows.",
            "See that it reads its input and that its weights are loaded.",
        )
