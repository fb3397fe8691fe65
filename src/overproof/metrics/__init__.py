"""How good predictions are, and how near to the teacher's: pure functions of probabilities and labels.

Every metric here takes class probabilities, shape [rows, classes], and labels, shape [rows], or what the teacher says,
and returns one number. The predicted class is the most probable one; among equally probable classes it is the first.
What two classes allow beside, several labels at once, and values have modules of their own:
:mod:`~overproof.metrics.binary`, :mod:`~overproof.metrics.multilabel`, :mod:`~overproof.metrics.regression`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from numpy.typing import ArrayLike

from overproof.metrics.calibration import ECE_BINS, ReliabilityBin, ece, ece_equal_mass, reliability
from overproof.metrics.classification import (
    accuracy,
    balanced_accuracy,
    brier,
    hits,
    log_loss,
    log_losses,
    recall,
    squared_distances,
)
from overproof.metrics.fidelity import Disagreement, agreement, disagreement, kl, mistakes_inherited
from overproof.metrics.given import SUM_TOLERANCE
from overproof.metrics.temperature import fitted_temperature

__all__ = [
    "ECE_BINS",
    "METRICS",
    "SUM_TOLERANCE",
    "Disagreement",
    "ReliabilityBin",
    "accuracy",
    "agreement",
    "balanced_accuracy",
    "brier",
    "disagreement",
    "ece",
    "ece_equal_mass",
    "fitted_temperature",
    "hits",
    "kl",
    "log_loss",
    "log_losses",
    "mistakes_inherited",
    "recall",
    "reliability",
    "squared_distances",
]

#: Every metric that needs probabilities of any number of classes and labels, by the name that a study gives it.
METRICS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType(
    {
        "accuracy": accuracy,
        "balanced_accuracy": balanced_accuracy,
        "log_loss": log_loss,
        "brier": brier,
        "ece": ece,
        "ece_equal_mass": ece_equal_mass,
    }
)
