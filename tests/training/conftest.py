"""A task small enough to train in a blink."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from overproof.methods.kd import KD
from overproof.methods.method import Method
from overproof.models.networks import Separate
from overproof.plan import Rows
from overproof.run import Run
from overproof.study import Training
from overproof.training.checkpoint import Checkpoint
from overproof.training.learning import Learning
from overproof.training.loop import Task
from overproof.training.rows import Order, Table

ROWS, FEATURES, CLASSES = 60, 6, 3


def network() -> nn.Module:
    """A network with everything that can go wrong: normalisation, dropout, several layers."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return nn.Sequential(
            nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, CLASSES)
        )


@pytest.fixture
def task() -> Callable[..., Task]:
    """Makes a task; the same arguments make the same one."""

    def make(method: Method | None = None, module: nn.Module | None = None, transfer: int = 0, **recipe: Any) -> Task:
        generator = np.random.default_rng(0)
        inputs = generator.standard_normal((ROWS, FEATURES)).astype(np.float32)
        labels = (inputs @ generator.standard_normal((FEATURES, CLASSES))).argmax(1)
        targets = torch.from_numpy(4 * np.eye(CLASSES, dtype=np.float32)[labels]).unsqueeze(0)
        rows = np.arange(ROWS)
        member = Rows(0, 1, train=rows[:32], validation=rows[32:44], transfer=rows[44 : 44 + transfer])
        return Task(
            networks=Separate(module or network()),
            table=Table(torch.from_numpy(inputs), torch.from_numpy(labels), targets, torch.tensor([0])),
            order=Order(0, "student", np.arange(ROWS, dtype=np.uint64), [member], steps=4, batch=8),
            learning=Learning([method or KD()], torch.device("cpu")),
            recipe=Training(**{"epochs": 6, "learning_rate": 0.02, **recipe}),
            device=torch.device("cpu"),
        )

    return make


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Checkpoint]:
    """Makes the checkpoint of one and the same job."""
    run = Run.claim(tmp_path / "run", {})
    return lambda interval=1e9: Checkpoint(run, "train/it", interval)
