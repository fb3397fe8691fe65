"""Class means: the simplest classifier of all, whom answers that mean something can keep up with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.evidence import SEEN, beyond_chance, is_better

#: Answers keep up with class means when they agree with the labels at least this much as well (z-scores compared). An
#: untrained network keeps some of the rows' structure, and reaches about half.
KEEPS_UP = 0.75


def by_class_means(
    inputs: NDArray[np.float32], labels: NDArray[np.int64], known: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The class whose mean is nearest, in standard deviations of each feature.

    Args:
        inputs: [rows, *shape].
        labels: classes [rows].
        known: rows to take the means of, [rows]; at least one.

    Returns:
        Classes of the other rows, [rows − known].

    Example:
        >>> inputs = np.array([[0], [9], [1], [8]], dtype=np.float32)
        >>> by_class_means(inputs, np.array([0, 1, 0, 1]), np.array([True, True, False, False]))
        array([0, 1])
    """
    values = inputs.reshape(len(inputs), -1).astype(np.float64)
    deviation = values[known].std(axis=0)
    values = values / np.where(deviation > 0, deviation, np.inf)
    present = np.unique(labels[known])
    means = np.stack([values[known & (labels == label)].mean(axis=0) for label in present])
    distances = (means**2).sum(axis=1) - 2 * values[~known] @ means.T
    nearest: NDArray[np.int64] = present[distances.argmin(axis=1)]
    return nearest


def keeps_up(said: NDArray[np.int64], labels: NDArray[np.int64], simplest: NDArray[np.int64]) -> bool:
    """Whether answers mean something: beyond chance, and not far behind the class means.

    Args:
        said: classes [rows].
        labels: classes [rows].
        simplest: what the class means say of the same rows.

    Example:
        >>> labels = np.arange(100) % 4
        >>> keeps_up(labels, labels, labels), keeps_up(labels * (labels > 2), labels, labels)
        (True, False)
    """
    z = beyond_chance(said, labels)
    behind = is_better(simplest == labels, said == labels) and z < KEEPS_UP * beyond_chance(simplest, labels)
    return z >= SEEN and not behind
