"""Regression: every row has a value, or several."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.losses.regression import squared_distance, squared_error
from overproof.metrics import regression
from overproof.tasks.task import Floats, Task


def values(outputs: NDArray[Any]) -> Floats:
    """Outputs [rows, outputs] as they are, in float64.

    Example:
        >>> values(np.float32([[0.5]]))
        array([[0.5]])
    """
    return np.asarray(outputs, dtype=np.float64)


REGRESSION = Task(
    name="regression",
    hard=squared_error,
    soft=squared_distance,
    smoothed=None,
    said=values,
    metrics=regression.METRICS,
    of_rows=MappingProxyType({"mae": regression.absolute_errors}),
    likeness=MappingProxyType({"teacher_rmse": regression.rmse}),
    headline="rmse",
    classifies=False,
    softens=False,
)
