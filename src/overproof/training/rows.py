"""A cohort's rows: the data on the device, and which of them each member sees at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.order import epoch_rows
from overproof.plan import Rows


@dataclass(frozen=True)
class Table:
    """The data set, and what the members' teachers say about it, on one device."""

    inputs: Tensor
    """Shape [rows, ...]."""
    labels: Tensor
    """Shape [rows], int64."""
    targets: Tensor | None
    """The teachers' logits, shape [teachers, rows, classes]; None for methods without a teacher."""
    teachers: Tensor
    """Which of the teachers each member has, int64, shape [members]."""

    def at(self, rows: Tensor) -> Batch:
        """What the members see in ``rows`` [members, batch]."""
        targets = None if self.targets is None else self.targets[self.teachers.unsqueeze(1), rows]
        return Batch(self.inputs[rows], self.labels[rows], targets)


@dataclass(frozen=True)
class Batch:
    """One batch for every member, the member axis first."""

    inputs: Tensor
    labels: Tensor
    targets: Tensor | None


@dataclass(frozen=True)
class Order:
    """Which rows each member sees at each step: a function of the seed and of row ids, drawn from no stream."""

    seed: int
    purpose: str
    """Keys the order: the same for a student and its simple twin, another for the teacher."""
    ids: NDArray[np.uint64]
    members: Sequence[Rows]
    steps: int
    """Steps per epoch."""
    batch: int

    def labelled(self, epoch: int) -> Tensor:
        """Positions of the labelled rows, shape [steps, members, batch]."""
        return self._epoch([member.train for member in self.members], self.purpose, epoch)

    def transfer(self, epoch: int) -> Tensor | None:
        """Positions of the rows with soft targets only, in the same shape; None when there are none."""
        if not all(len(member.transfer) for member in self.members):
            return None
        return self._epoch([member.transfer for member in self.members], f"{self.purpose}-transfer", epoch)

    def _epoch(self, rows: Sequence[NDArray[np.int64]], purpose: str, epoch: int) -> Tensor:
        orders = [
            epoch_rows(
                own,
                self.ids,
                self.seed,
                purpose,
                repeat=member.repeat,
                fold=member.fold,
                epoch=epoch,
                batch=self.batch,
                steps=self.steps,
            )
            for own, member in zip(rows, self.members, strict=True)
        ]
        return torch.from_numpy(np.stack(orders, axis=1))
