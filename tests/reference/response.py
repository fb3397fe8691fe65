"""Response-based losses, slowly: one number at a time, in float64, written from the papers and not from the package."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def probabilities(logits: Array, temperature: float = 1.0) -> Array:
    """softmax(logits / temperature) of every row (Hinton, Vinyals and Dean, arXiv:1503.02531, equation 1)."""
    rows = []
    for row in logits:
        powers = [math.exp((float(logit) - float(row.max())) / temperature) for logit in row]
        rows.append([power / math.fsum(powers) for power in powers])
    return np.array(rows)


def soft_kl(student: Array, teacher: Array, temperature: float) -> Array:
    """temperature² · Σ p log(p / q) of every row, p the teacher's softened probabilities and q the student's."""
    losses = []
    for p, q in zip(probabilities(teacher, temperature), probabilities(student, temperature), strict=True):
        losses.append(temperature**2 * math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0))
    return np.array(losses)


def soft_kl_gradient(student: Array, teacher: Array, temperature: float) -> Array:
    """The derivative of every row's :func:`soft_kl` by the student's logits: temperature · (q − p) (section 2)."""
    return temperature * (probabilities(student, temperature) - probabilities(teacher, temperature))


def cross_entropy(student: Array, labels: NDArray[np.int64]) -> Array:
    """−log of the probability of every row's label."""
    return np.array([-math.log(row[label]) for row, label in zip(probabilities(student), labels, strict=True)])


def cross_entropy_gradient(student: Array, labels: NDArray[np.int64]) -> Array:
    """The derivative of every row's :func:`cross_entropy` by the logits: q − one-hot label."""
    gradient = probabilities(student)
    for row, label in zip(gradient, labels, strict=True):
        row[label] -= 1
    return gradient
