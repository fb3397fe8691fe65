"""Multi-class: every row has one of several classes. Two classes are a task of their own, which shares most of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from overproof import metrics
from overproof.losses.response import cross_entropy, smoothed_cross_entropy, soft_kl
from overproof.tasks.task import Floats, Task


def probabilities(logits: NDArray[Any]) -> Floats:
    """Softmax of logits [rows, classes].

    Example:
        >>> probabilities(np.zeros((1, 4)))
        array([[0.25, 0.25, 0.25, 0.25]])
    """
    found: Floats = softmax(np.asarray(logits, dtype=np.float64), axis=1)
    return found


MULTICLASS = Task(
    name="multiclass",
    hard=cross_entropy,
    soft=soft_kl,
    smoothed=smoothed_cross_entropy,
    said=probabilities,
    metrics=metrics.METRICS,
    of_rows=MappingProxyType(
        {"accuracy": metrics.hits, "log_loss": metrics.log_losses, "brier": metrics.squared_distances}
    ),
    likeness=MappingProxyType({"agreement": metrics.agreement, "kl": metrics.kl}),
    headline="accuracy",
    classifies=True,
    softens=True,
)
