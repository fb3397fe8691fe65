"""Class order: a teacher whose outputs stand in another order than the classes of the data, or say the opposite."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.answers import Answers
from overproof.doctor.association import association, seen
from overproof.doctor.evidence import ALPHA, is_better
from overproof.doctor.finding import Finding, percent
from overproof.plan import Plan


def class_order(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """Find the order of classes that explains half of the rows best, and see whether it explains the other half better.

    The best order of many is always good where it was chosen; on rows that had no part in the choice, the exact sign
    test needs no correction. Nearly any order is better than none for an untrained network, and better than another for
    one that always says the same; so with its order the answers must also mean something (see class_means.py).
    """
    if not plan.task.classifies:
        yield from _of_outputs(plan, answers)
        return
    tested = answers.tested
    order = _best_order(answers.labels[~tested], answers.said[~tested], len(plan.data.classes))
    labels, said = answers.labels[tested], answers.said[tested]
    right, reordered = said == labels, said == order[labels]
    if is_better(reordered, right) and answers.mean_something(np.argsort(order)[answers.said]):
        moved = int(np.flatnonzero(order != np.arange(len(order)))[0])
        yield Finding(
            "class order",
            "error",
            f"The teacher is right on {percent(right.mean())} of {len(labels)} rows as it is and on "
            f"{percent(reordered.mean())} with its classes in another order (it says "
            f"{plan.data.classes[order[moved]]!r} where the label is {plan.data.classes[moved]!r}).",
            "Give data.classes, or the teacher's outputs, in the order of the other.",
        )


def _of_outputs(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """The same for several labels or values: which output goes with which label, and in which direction.

    The order is chosen on one half of the rows. On the other half the outputs that it moves must go with their labels
    beyond chance, and further than those that stand there now.
    """
    tested = answers.tested
    if tested.all() or not tested.any():
        return
    chosen = association(answers.logits[~tested], answers.labels[~tested])
    found = association(answers.logits[tested], answers.labels[tested])
    outputs, names = len(chosen), plan.data.classes
    if chosen.diagonal().max() < 0 and found.diagonal().max() < -seen(1, ALPHA):
        yield Finding(
            "class order",
            "error",
            f"The higher the teacher's answers, the lower the labels: over {int(tested.sum())} rows every one of its "
            f"{outputs} outputs says the opposite (z = {found.diagonal().max():.1f} at most).",
            "See that it answers for yes and not for no, or leave out a change of sign.",
        )
        return
    order = _assigned(chosen)
    moved = np.flatnonzero(order != np.arange(outputs))
    if not len(moved):
        return
    now, then = found[moved, moved], found[order[moved], moved]
    gain = float((then - now).sum()) / math.sqrt(2 * len(moved))
    if gain > seen(1, ALPHA) and then.min() > seen(len(moved)):
        first = int(moved[0])
        yield Finding(
            "class order",
            "error",
            f"{len(moved)} of the teacher's {outputs} outputs go with other labels than their own over "
            f"{int(tested.sum())} rows: the output of {names[int(order[first])]!r} goes with {names[first]!r} "
            f"(z = {then[0]:.1f}), its own does less (z = {now[0]:.1f}).",
            "Give data.target, or the teacher's outputs, in the order of the other.",
        )


def _assigned(gains: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each column the row to take for the sum to be largest; ties stay in place."""
    if (gains.argmax(axis=0) == np.arange(len(gains))).all():  # no order can be better
        return np.arange(len(gains))
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 (slow to import, and seldom needed)

    rows: NDArray[np.int64] = linear_sum_assignment(gains.T, maximize=True)[1]
    return rows


def _best_order(labels: NDArray[np.int64], said: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """For each label the class to be said in its place for the teacher to be right most often; ties stay in place."""
    confusion = 0.5 * np.eye(classes)
    np.add.at(confusion, (labels, said), 1)
    return _assigned(confusion.T)
