"""What every task is: how labels and outputs are turned into losses, predictions and scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from overproof.losses.response import Setting

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """A kind of question about a row, and everything that follows from it."""

    name: str
    """As a study says it."""
    hard: Callable[[Tensor, Tensor], Tensor]
    """The hard loss: outputs [..., batch, outputs] and labels, to one number per example [..., batch]."""
    soft: Callable[[Tensor, Tensor, Setting], Tensor]
    """The soft loss: the student's outputs, the teacher's, and the temperature, to one number per example."""
    smoothed: Callable[[Tensor, Tensor, Setting], Tensor] | None
    """The hard loss with labels that leave some probability to the other answers; None where labels are no answers."""
    said: Callable[[NDArray[Any]], Floats]
    """From outputs [rows, outputs] to what metrics look at: probabilities, or values."""
    metrics: Mapping[str, Callable[[Floats, NDArray[Any]], float]]
    """By the name that a study gives them: what was said and the labels, to one number."""
    of_rows: Mapping[str, Callable[[Floats, NDArray[Any]], NDArray[Any]]]
    """Of the metrics that are means over rows: one number for every row, before the mean is taken."""
    likeness: Mapping[str, Callable[[Floats, Floats], float]]
    """How near an arm is to its teacher: what each of them said, to one number."""
    headline: str
    """The metric that the verdict is about unless the study says another."""
    classifies: bool
    """Whether every row has exactly one class, so that it can be right or wrong."""
    softens: bool
    """Whether a temperature has a meaning."""
