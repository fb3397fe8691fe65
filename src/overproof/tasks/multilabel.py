"""Multi-label: every label is a yes or no of its own, and a row may have any number of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from overproof.losses.multilabel import binary_cross_entropy, smoothed_binary_cross_entropy, soft_bernoulli
from overproof.metrics import multilabel
from overproof.tasks.task import Floats, Task


def probabilities(logits: NDArray[Any]) -> Floats:
    """Sigmoid of logits [rows, labels].

    Example:
        >>> probabilities(np.zeros((1, 3)))
        array([[0.5, 0.5, 0.5]])
    """
    found: Floats = expit(np.asarray(logits, dtype=np.float64))
    return found


MULTILABEL = Task(
    name="multilabel",
    hard=binary_cross_entropy,
    soft=soft_bernoulli,
    smoothed=smoothed_binary_cross_entropy,
    said=probabilities,
    metrics=multilabel.METRICS,
    of_rows=MappingProxyType(
        {
            "accuracy": multilabel.shares_right,
            "log_loss": multilabel.log_losses,
            "brier": multilabel.squared_distances,
        }
    ),
    likeness=MappingProxyType({"agreement": multilabel.agreement, "kl": multilabel.kl}),
    headline="average_precision",
    classifies=False,
    softens=True,
)
