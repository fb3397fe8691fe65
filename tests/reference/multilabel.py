"""Losses of several labels, slowly: one number at a time, in float64, as two classes each."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sigmoid(logit: float) -> float:
    """The probability of the second of two classes with logits 0 and ``logit``."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def soft_bernoulli(student: Array, teacher: Array, temperature: float) -> Array:
    """temperature² · mean over labels of KL(teacher‖student), from the definition of the divergence."""
    found = []
    for own, other in zip(student, teacher, strict=True):
        by_label = []
        for z, t in zip(own.tolist(), other.tolist(), strict=True):
            p, q = sigmoid(t / temperature), sigmoid(z / temperature)
            pairs = ((p, q), (sigmoid(-t / temperature), sigmoid(-z / temperature)))
            by_label.append(math.fsum(a * math.log(a / b) for a, b in pairs))
        found.append(temperature**2 * math.fsum(by_label) / len(by_label))
    return np.array(found)


def soft_bernoulli_gradient(student: Array, teacher: Array, temperature: float) -> Array:
    """The derivative by the student's logits: temperature · (q − p) / labels."""
    slopes = [
        [
            temperature * (sigmoid(z / temperature) - sigmoid(t / temperature)) / len(own)
            for z, t in zip(own, other, strict=True)
        ]
        for own, other in zip(student.tolist(), teacher.tolist(), strict=True)
    ]
    return np.array(slopes)


def binary_cross_entropy(student: Array, labels: Array) -> Array:
    """Mean over labels of −log of the probability of the right answer."""
    return np.array(
        [
            math.fsum(-math.log(sigmoid(z if y else -z)) for z, y in zip(own, on, strict=True)) / len(own)
            for own, on in zip(student.tolist(), labels.tolist(), strict=True)
        ]
    )
