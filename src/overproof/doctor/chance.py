"""Chance: a teacher whose answers say nothing about the labels, or that is worse than always saying the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, log_softmax, ndtri

from overproof.doctor.answers import Answers
from overproof.doctor.association import association, seen
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
    """Compare the teacher with answers drawn at random, and with always saying the commonest class, or the mean."""
    if not plan.task.classifies:
        yield from _of_outputs(plan, answers)
        return
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


def _of_outputs(plan: Plan, answers: Answers) -> Iterator[Finding | Unchecked]:
    """The same for several labels, or for values, none of which is right or wrong."""
    rows, outputs = answers.labels.shape
    enough = seen(outputs)
    if association(answers.labels, answers.labels).diagonal().max() < ENOUGH * enough:
        yield Unchecked("chance", f"{rows} rows are too few to tell a good teacher from chance.")
        return
    if not np.ptp(answers.logits, axis=0).any():  # one answer to everything is a finding of its own
        return
    best = float(association(answers.logits, answers.labels).diagonal().max())
    share, error = float(answers.skill.mean()), float(answers.skill.std()) / math.sqrt(rows)
    if best < enough:
        yield Finding(
            "chance",
            "error",
            f"The teacher's answers to {rows} rows say no more about the labels than chance would: none of its "
            f"{outputs} outputs goes with its label (largest z = {best:.1f}).",
            REMEDY.replace("its largest logit is the likeliest class, its classes", "its outputs"),
        )
    elif share < float(ndtri(ALPHA)) * error:
        values = plan.task.name == "regression"
        yield Finding(
            "chance",
            "error" if values else "warning",
            f"The teacher's squared error over {rows} rows is {1 - share:.3g} times that of always saying the mean of "
            "each label, though its answers go with the labels"
            + (f" (times a number, plus another, they would leave {1 - _fitted(answers):.2f} of it)." * values or "."),
            "Let it answer in the unit of the target (no scaled or transformed values)."
            if values
            else "See that it returns logits, one for each label, and that its confidence is worth what it says.",
        )


def _fitted(answers: Answers) -> float:
    """The part of the squared error of the means that is gone when each output is scaled and moved as suits it."""
    said, labels = answers.values, answers.labels.astype(np.float64)
    both = [(one, other) for one, other in zip(said.T, labels.T, strict=True) if np.ptp(one) > 0 and np.ptp(other) > 0]
    return float(np.mean([np.corrcoef(one, other)[0, 1] ** 2 for one, other in both])) if both else 0.0


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
