"""Temperature scaling: one number that divides the logits, so that confidence becomes what it is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from overproof.metrics.given import class_of_each, finite_logits

#: Temperatures that are considered.
LEAST, MOST = 0.05, 20.0

#: Newton's method needs about six steps, bisection alone about forty.
_STEPS = 100
#: Relative, of 1/temperature.
_PRECISION = 1e-10


def fitted_temperature(logits: ArrayLike, labels: ArrayLike) -> float | None:
    """The temperature that minimises the log loss of ``softmax(logits / temperature)`` (Guo et al., arXiv:1706.04599).

    The log loss is convex in 1/temperature, so its only minimum is where its slope is 0: found by Newton's method,
    kept between bounds that close in on it. Dividing by a temperature changes no prediction, only its confidence. Fit
    it on rows the model was not trained on.

    Args:
        logits: shape [rows, classes], finite.
        labels: class of each row, integers, shape [rows].

    Returns:
        A temperature in (0.05, 20), or None when the rows determine none there. So it is when every row is right, as
        the log loss then falls for as long as confidence rises, or when the logits say nothing about the labels.

    Raises:
        DataError: when there are no rows, shapes do not fit, a logit is not finite, or a label is no class.

    Example:
        >>> logits = np.log([[0.9, 0.1]] * 4)  # 90 % confident, and right in three of four rows
        >>> temperature = fitted_temperature(logits, [0, 0, 0, 1])
        >>> softmax(logits / temperature, axis=1)[0].round(4)
        array([0.75, 0.25])
    """
    z = finite_logits(logits)
    y = class_of_each(labels, *z.shape)
    z = z - z[np.arange(len(y)), y][:, np.newaxis]  # against the label's: the loss is log Σ exp(z / temperature)
    low, high = 1 / MOST, 1 / LEAST
    if _derivatives(z, low)[0] >= 0 or _derivatives(z, high)[0] <= 0:
        return None
    inverse = 1.0
    for _ in range(_STEPS):
        slope, curvature = _derivatives(z, inverse)
        low, high = (low, inverse) if slope > 0 else (inverse, high)
        newton = inverse - slope / curvature if curvature > 0 else high + 1
        before, inverse = inverse, newton if low <= newton <= high else (low + high) / 2
        if abs(inverse - before) <= _PRECISION * inverse:
            break
    return 1 / inverse


def _derivatives(z: NDArray[np.float64], inverse: float) -> tuple[float, float]:
    """Slope and curvature of the log loss in 1/temperature: mean and variance of z under the scaled probabilities."""
    p = softmax(inverse * z, axis=1)
    mean = np.sum(p * z, axis=1)
    return float(np.mean(mean)), float(np.mean(np.sum(p * (z - mean[:, np.newaxis]) ** 2, axis=1)))
