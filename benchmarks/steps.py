"""Steps of the one loop, timed by themselves: a cohort on rows in memory with stored soft targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from overproof.methods.method import Method
from overproof.models.architecture import memory_format
from overproof.models.networks import Networks, Separate, Stacked
from overproof.plan import Rows
from overproof.study import Training
from overproof.training.learning import Learning
from overproof.training.loop import Task, _epoch
from overproof.training.optimisation import optimiser
from overproof.training.rows import Order, Table
from timing import cpu_seconds

CPU = torch.device("cpu")
CLASSES = 10


class Steps:
    """Members in lockstep; :meth:`cpu_ms` times one more epoch of theirs."""

    def __init__(self, modules: Sequence[nn.Module], methods: Sequence[Method], inputs: Tensor, batch: int) -> None:
        count, rows, stacked = len(modules), len(inputs), len(modules) > 1
        generator = torch.Generator().manual_seed(0)
        targets = torch.randn(1, rows, CLASSES, generator=generator) if methods[0].needs_teacher else None
        labels = torch.randint(CLASSES, (rows,), generator=generator)
        layout = torch.contiguous_format if stacked else memory_format(modules[0])
        networks: Networks = Stacked(modules) if stacked else Separate(modules[0].to(CPU, memory_format=layout))  # type: ignore[call-overload]
        everything, nothing = np.arange(rows), np.arange(0)
        members = [Rows(0, fold, everything, nothing, nothing) for fold in range(count)]
        self._task = Task(
            networks,
            Table(inputs.to(memory_format=layout), labels, targets, torch.zeros(count, dtype=torch.int64)),
            Order(0, "student", _ids(rows), members, rows // batch, batch),
            Learning(methods, CPU),
            Training(),
            CPU,
        )
        self._optimise = optimiser(networks.parameters, self._task.recipe)
        self._next = 0

    def cpu_ms(self) -> float:
        """CPU milliseconds per step of one epoch."""
        epoch, self._next = self._next, self._next + 1
        return 1e3 * cpu_seconds(lambda: _epoch(self._task, self._optimise, epoch)) / self._task.order.steps


def _ids(rows: int) -> NDArray[np.uint64]:
    return np.arange(rows, dtype=np.uint64)
