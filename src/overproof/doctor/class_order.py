"""Class order: a teacher whose outputs stand in another order than the classes of the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.answers import Answers
from overproof.doctor.evidence import is_better
from overproof.doctor.finding import Finding, percent
from overproof.plan import Plan


def class_order(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """Find the order of classes that explains half of the rows best, and see whether it explains the other half better.

    The best order of many is always good where it was chosen; on rows that had no part in the choice, the exact sign
    test needs no correction. Nearly any order is better than none for an untrained network, and better than another for
    one that always says the same; so with its order the answers must also mean something (see class_means.py).
    """
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


def _best_order(labels: NDArray[np.int64], said: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """For each label the class to be said in its place for the teacher to be right most often; ties stay in place."""
    confusion = 0.5 * np.eye(classes)
    np.add.at(confusion, (labels, said), 1)
    if (confusion.argmax(axis=1) == np.arange(classes)).all():  # no order can be better
        return np.arange(classes)
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 (slow to import, and seldom needed)

    order: NDArray[np.int64] = linear_sum_assignment(confusion, maximize=True)[1]
    return order
