"""Learning-rate schedules: pure functions of the step."""

from __future__ import annotations

import math

from overproof.study import Training

#: Share of the steps that one-cycle spends rising, and the factors by which it starts and ends below its top
#: (Smith and Topin, arXiv:1708.07120).
_RISE, _START, _END = 0.3, 1 / 25, 1 / 25e4


def learning_rate(recipe: Training, step: int, steps: int) -> float:
    """The rate at ``step`` (from 0) of ``steps``: a pure function, so there is no schedule state to save.

    Example:
        >>> recipe = Training(learning_rate=1.0)
        >>> [round(learning_rate(recipe, step, 4), 3) for step in range(4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    share = step / steps
    match recipe.schedule:
        case "constant":
            return recipe.learning_rate
        case "cosine":
            return recipe.learning_rate * _cosine(1.0, 0.0, share)
        case "one-cycle":
            rising = share < _RISE
            factor = (
                _cosine(_START, 1.0, share / _RISE) if rising else _cosine(1.0, _END, (share - _RISE) / (1 - _RISE))
            )
            return recipe.learning_rate * factor


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
