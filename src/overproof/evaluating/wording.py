"""How differences of a metric are written."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from overproof.results import Comparison


class Wording(NamedTuple):
    """How differences of a metric are written."""

    noun: str
    """What gets lower or higher, where less is better."""
    unit: str
    scale: int
    """What a difference is multiplied by to be in that unit."""
    decimals: int
    """At least so many."""
    figures: int = 1
    """So many digits of half the interval are seen."""


WORDING = {
    "accuracy": Wording("", " points", 100, 1),
    "balanced_accuracy": Wording("", " points of balanced accuracy", 100, 1),
    "log_loss": Wording("log loss", "", 1, 3),
    "brier": Wording("Brier score", "", 1, 3),
    "ece": Wording("calibration error", " points", 100, 1),
    "ece_equal_mass": Wording("calibration error (equal mass)", " points", 100, 1),
    "roc_auc": Wording("", " points of ROC AUC", 100, 1),
    "average_precision": Wording("", " points of average precision", 100, 1),
    "f1": Wording("", " points of F1", 100, 1),
    "rmse": Wording("root mean squared error", "", 1, 0, figures=2),
    "mae": Wording("mean absolute error", "", 1, 0, figures=2),
    "r2": Wording("", " in R²", 1, 3),
}


def number(found: Comparison, value: float, plus: Literal["", "+"] = "") -> str:
    """``value`` in the metric's unit, with as many decimals as the interval (or a lone difference) needs to be seen."""
    wording = WORDING[found.metric]
    finest = wording.scale * ((found.high - found.low) / 2 or abs(found.differences.mean))
    needed = wording.figures - 1 - math.floor(math.log10(finest)) if finest else 0
    decimals = max(wording.decimals, needed)
    rounded = round(wording.scale * value, decimals) or 0.0  # or: never −0.0
    return f"{rounded:{plus if rounded else ''},.{decimals}f}".replace("-", "−")
