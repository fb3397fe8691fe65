"""How near an arm is to its teachers, split by split and over the rows of the first repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.metrics import disagreement, mistakes_inherited
from overproof.results import Disagreement, Spread
from overproof.statistics import spread
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task

Floats = NDArray[np.float64]


def fidelity(
    said: Sequence[Floats], told: Sequence[Floats], labels: Sequence[NDArray[Any]], task: Task = MULTICLASS
) -> dict[str, Spread]:
    """The scores that compare an arm with the teacher of each split.

    Args:
        said: the arm's probabilities or values for the test rows of every split, each [test rows, outputs].
        told: the teachers'.
        labels: of each row, each [test rows, ...].
        task: what was asked about the rows.

    Returns:
        By metric; ``mistakes_inherited`` only where rows have classes and the teacher of every split makes a mistake.

    Example:
        >>> right, wrong, labels = np.array([[0.9, 0.1]]), np.array([[0.2, 0.8]]), np.array([0])
        >>> {metric: found.mean for metric, found in fidelity([wrong], [wrong], [labels]).items()}
        {'agreement': 1.0, 'kl': 0.0, 'mistakes_inherited': 1.0}
        >>> list(fidelity([wrong], [right], [labels]))
        ['agreement', 'kl']
    """
    pairs = list(zip(said, told, strict=True))
    found = {name: spread([near(*pair) for pair in pairs]) for name, near in task.likeness.items()}
    if not task.classifies:
        return found
    inherited = [mistakes_inherited(*pair, own) for pair, own in zip(pairs, labels, strict=True)]
    shares = [share for share in inherited if share is not None]
    return {**found, **({"mistakes_inherited": spread(shares)} if len(shares) == len(pairs) else {})}


def disagreements(said: Floats, told: Floats, labels: NDArray[np.int64]) -> Disagreement:
    """The rows on which an arm and its teachers name different classes, by who is right.

    Args:
        said: the arm's probabilities [rows, classes].
        told: the teachers'.
        labels: class of each row [rows].
    """
    found = disagreement(said, told, labels)
    return Disagreement(teacher_right=found.teacher_right, arm_right=found.student_right, both_wrong=found.both_wrong)
