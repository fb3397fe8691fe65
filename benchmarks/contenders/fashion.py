"""What all contenders are given: rows, a teacher with its weights, a student's architecture, and the same settings."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

FOLDS, BATCH, LEARNING_RATE = 5, 128, 1e-3
ALPHA, TEMPERATURE = 0.9, 4.0


def teacher() -> nn.Module:
    """Four 3×3 convolutions with batch normalisation and a head of 256 units: 1.87 million parameters."""
    return nn.Sequential(
        *_convolution(1, 64),
        *_convolution(64, 64),
        nn.MaxPool2d(2),
        *_convolution(64, 128),
        *_convolution(128, 128),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


def student() -> nn.Module:
    """Two 3×3 convolutions and a head of 64 units: 52 thousand parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def given() -> tuple[nn.Module, NDArray[np.float32], NDArray[np.int64], int]:
    """The trained teacher, the rows [rows, 1, 28, 28], their labels and the epochs, as the command line says."""
    folder, epochs = Path(sys.argv[1]), int(sys.argv[2])
    with np.load(folder / "rows.npz") as rows:
        inputs, labels = rows["inputs"], rows["labels"]
    module = teacher()
    module.load_state_dict(torch.load(folder / "teacher.pt", weights_only=True))
    return module, inputs, labels, epochs


def _convolution(channels: int, width: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
