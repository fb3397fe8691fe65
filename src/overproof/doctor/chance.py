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

#: Rows are enough to tell when perfect answers would be this many times as far from chance as must be seen: then half
#: as good ones are seen, too.
ENOUGH = 3
#: A trained teacher's probabilities take away more than this part of the uncertainty about the labels.
TOLD = 0.05
REMEDY = (
    "See that its weights are loaded, its largest logit is the likeliest class, its classes are in the order of "
    "the data, and its inputs are prepared as in its training."
)


def chance(plan: Plan, answers: Answers) -> Iterator[Finding | Unchecked]:
    """Compare the teacher with answers drawn at random, and with the commonest class."""
    rows, right = len(answers.labels), int(answers.right.sum())
    shares = np.bincount(answers.labels) / rows
    if beyond_chance(answers.labels, answers.labels) < ENOUGH * SEEN:
        yield Unchecked("chance", f"{rows} rows are too few to tell a good teacher from chance.")
        return
    z = beyond_chance(answers.said, answers.labels)
    gain, error = _gain(answers, shares)
    if z < SEEN and gain <= SEEN * error:
        yield Finding(
            "chance",
            "error",
            f"The teacher is right on {right} of {rows} rows ({percent(right / rows)}), and its answers say no more "
            f"about the labels than chance would (z = {z:.1f}).",
            REMEDY,
        )
    elif gain < TOLD * _entropy(shares) and (behind := _behind_means(answers)):
        yield Finding("chance", "error", behind, REMEDY)
    elif plan.study.protocol.metric == "accuracy" and float(bdtr(right, rows, shares.max())) < ALPHA:
        yield Finding(
            "chance",
            "warning",
            f"The teacher is right on {percent(right / rows)} of {rows} rows; always saying "
            f"{plan.data.classes[int(shares.argmax())]!r} is right on {percent(float(shares.max()))}.",
            'See that it fits these data, or judge it by another metric (protocol.metric = "balanced_accuracy").',
        )


def _behind_means(answers: Answers) -> str:
    """How far the teacher is behind class means, in a sentence; empty where it keeps up with them."""
    if answers.mean_something(answers.said):
        return ""
    right = answers.right[answers.tested].mean()
    means = (answers.simplest == answers.labels[answers.tested]).mean()
    if right >= means:
        return ""
    return (
        f"The teacher is right on {percent(right)} of {len(answers.simplest)} rows, where the nearest class mean is "
        f"right on {percent(means)}, and its probabilities say next to nothing about the labels: it answers like an "
        "untrained network."
    )


def _entropy(shares: NDArray[np.float64]) -> float:
    """Of the labels, in nats."""
    return -float((shares[shares > 0] * np.log(shares[shares > 0])).sum())


def _gain(answers: Answers, shares: NDArray[np.float64]) -> tuple[float, float]:
    """How much more probable the teacher finds the labels than their shares do, in nats, and its standard error."""
    told = log_softmax(answers.logits.astype(np.float64), axis=1)[np.arange(len(answers.labels)), answers.labels]
    gain = told - np.log(shares[answers.labels])
    return float(gain.mean()), float(gain.std()) / math.sqrt(len(gain))
