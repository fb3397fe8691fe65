"""Class by class: how many rows each arm finds, and which rows a student owes to its teacher."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.metrics import recall
from overproof.results import Classes

Floats = NDArray[np.float64]


def by_class(labels: NDArray[np.int64], teacher: Floats, simple: Floats, student: Floats) -> Classes:
    """Recall of three arms in every class, and the rows that only one of student and simple gets right.

    Args:
        labels: class of each row [rows].
        teacher: the teacher's probabilities [rows, classes].
        simple: simple's.
        student: the student's.

    Example:
        >>> right, wrong = [0.9, 0.1], [0.2, 0.8]
        >>> found = by_class(np.array([0, 0, 1]), *map(np.array, ([right] * 3, [wrong] * 3, [right, wrong, right])))
        >>> found.student, found.gained, found.lost
        ([0.5, 0.0], [1, 0], [0, 1])
    """
    helped, alone = (each.argmax(axis=1) == labels for each in (student, simple))
    classes = student.shape[1]
    return Classes(
        rows=np.bincount(labels, minlength=classes).tolist(),
        teacher=_known(recall(teacher, labels)),
        simple=_known(recall(simple, labels)),
        student=_known(recall(student, labels)),
        gained=np.bincount(labels[helped & ~alone], minlength=classes).tolist(),
        lost=np.bincount(labels[alone & ~helped], minlength=classes).tolist(),
    )


def _known(recalls: Floats) -> list[float | None]:
    """None for a class without a row."""
    return [None if np.isnan(each) else each for each in recalls.tolist()]
