"""Healthy studies raise no alarm: many different ones, whose teachers are good and whose rows are honest.

A dozen here; ``OVERPROOF_HEALTHY_STUDIES=100`` examines a hundred.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from overproof.doctor.examining import at_length
from overproof.verbs.preparing import Given, prepare

STUDIES = int(os.environ.get("OVERPROOF_HEALTHY_STUDIES", "12"))


def clouds(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two normal clouds for each class, which a linear student cannot tell apart as a teacher can."""
    classes, features = int(generator.integers(2, 7)), int(generator.integers(6, 20))
    count = int(generator.integers(400, 900))
    shares = generator.dirichlet(np.full(classes, 8.0))
    labels = generator.choice(classes, count, p=shares)
    centres = 1.3 * generator.standard_normal((classes, 2, features)) / np.sqrt(features / 6)
    which = generator.integers(2, size=count)
    inputs = centres[labels, which] + 0.7 * generator.standard_normal((count, features))
    return inputs.astype(np.float32), labels, centres.astype(np.float32), np.log(shares).astype(np.float32)


class Clouds(nn.Module):
    """The best classifier of clouds."""

    def __init__(self, centres: np.ndarray, prior: np.ndarray) -> None:
        super().__init__()
        self.centres, self.prior = nn.Parameter(torch.from_numpy(centres)), nn.Parameter(torch.from_numpy(prior))
        self.spare = nn.Parameter(torch.zeros(2000))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        squares = (inputs[:, None, None] - self.centres).square().sum(-1)
        return torch.logsumexp(-squares / (2 * 0.7**2), dim=-1) + self.prior


def linear(features: int, classes: int) -> nn.Module:
    return nn.Linear(features, classes)


def study(seed: int) -> tuple[Given, list[str]]:
    """One of many studies: rows, a teacher that is brought or trained, a student, and settings."""
    generator = np.random.default_rng(seed)
    inputs, labels, centres, prior = clouds(generator)
    brought = bool(generator.integers(2))
    dropout = {"model": "mlp", "width": 64, "dropout": 0.2, "training": {"epochs": 20}}
    students: list[Any] = [
        {"model": "mlp", "width": int(generator.integers(5, 9)), "training": {"epochs": 40, "learning_rate": 0.01}},
        {
            "model": partial(linear, inputs.shape[1], len(centres)),
            "training": {"epochs": 20, "learning_rate": 0.02},
        },
    ]
    settings = [
        f"method.alpha={generator.uniform(0.1, 0.95)}",
        f"method.temperature={generator.uniform(1, 10)}",
        f"protocol.student_rows={generator.choice([0.3, 0.5, 1.0])}",
        f"protocol.seed={seed}",
        f"protocol.folds={generator.integers(3, 6)}",
    ]
    if generator.integers(4) == 0:  # real rows, as images
        cnn = {"model": "cnn", "width": 4, "training": {"epochs": 60, "learning_rate": 0.01}}
        bigger = {"model": "cnn", "width": 16, "training": {"epochs": 60}}
        return Given(data="digits", teacher=bigger, student=cnn), [*settings, "data.limit=600"]
    teacher: Any = Clouds(centres, prior) if brought else dropout
    return Given(data=(inputs, labels), teacher=teacher, student=students[generator.integers(2)]), settings


@pytest.mark.parametrize("seed", range(STUDIES))
def test_no_alarm(seed: int) -> None:
    given, settings = study(seed)
    found = at_length(prepare(None, given, settings, trust=False).plan)
    assert [f"{each.check}: {each}" for each in found] == []
