"""Chance: a teacher whose answers say nothing about the labels, or that is worse than always the commonest class."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, log_softmax

from overproof.doctor.answers import Answers
from overproof.doctor.evidence import ALPHA, SEEN, beyond_chance
from overproof.doctor.finding import Finding, Unchecked, percent
from overproof.plan import Plan


def chance(plan: Plan, answers: Answers) -> Iterator[Finding | Unchecked]:
    """Compare the teacher with answers drawn at random, and with the commonest class."""
    rows, right = len(answers.labels), int(answers.right.sum())
    shares = np.bincount(answers.labels) / rows
    if beyond_chance(answers.labels, answers.labels) < SEEN:
        yield Unchecked("chance", f"{rows} rows are too few to tell a good teacher from chance.")
        return
    z = beyond_chance(answers.said, answers.labels)
    if z < SEEN and _gain(answers, shares) < SEEN:
        yield Finding(
            "chance",
            "error",
            f"The teacher is right on {right} of {rows} rows ({percent(right / rows)}), and its answers say no more "
            f"about the labels than chance would (z = {z:.1f}).",
            "See that its weights are loaded, its classes in the order of the data, and its inputs scaled as in its "
            "training.",
        )
    elif plan.study.protocol.metric == "accuracy" and float(bdtr(right, rows, shares.max())) < ALPHA:
        yield Finding(
            "chance",
            "warning",
            f"The teacher is right on {percent(right / rows)} of {rows} rows; always saying "
            f"{plan.data.classes[int(shares.argmax())]!r} is right on {percent(float(shares.max()))}.",
            'See that it fits these data, or judge it by another metric (protocol.metric = "balanced_accuracy").',
        )


def _gain(answers: Answers, shares: NDArray[np.float64]) -> float:
    """How much more probable the teacher finds the labels than their shares do, in standard errors."""
    told = log_softmax(answers.logits.astype(np.float64), axis=1)[np.arange(len(answers.labels)), answers.labels]
    gain = told - np.log(shares[answers.labels])
    error = float(gain.std()) / math.sqrt(len(gain))
    return float(gain.mean()) / error if error > 0 else 0.0
