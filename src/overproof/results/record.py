"""What all parts of the results are: immutable records; and how scores are directed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

#: +1 where more is better, −1 where less is.
DIRECTION: dict[str, int] = {
    "accuracy": 1,
    "balanced_accuracy": 1,
    "roc_auc": 1,
    "average_precision": 1,
    "f1": 1,
    "r2": 1,
    "agreement": 1,
    "log_loss": -1,
    "brier": -1,
    "ece": -1,
    "ece_equal_mass": -1,
    "rmse": -1,
    "mae": -1,
    "kl": -1,
    "teacher_rmse": -1,
    "mistakes_inherited": -1,
}


class Record(BaseModel):
    """A part of the results: immutable, nothing undeclared, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
