"""A cohort's rows: the data on the device, and which of them each member sees at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.order import epoch_rows
from overproof.data.viewer import Viewer
from overproof.plan import Rows
from overproof.targets.reading import Targets
from overproof.training.answers import Altered


@dataclass(frozen=True)
class Table:
    """The data set, and what the members' teachers say about it, on one device."""

    inputs: Tensor
    """Shape [rows, ...]."""
    labels: Tensor
    """Class numbers [rows], int64, or labels or values [rows, outputs], float32."""
    targets: Tensor | Sequence[Targets] | None
    """The teachers' logits: [teachers, rows · views, classes]; each teacher's store where all of it is too much for
    memory; None for methods without a teacher."""
    teachers: Tensor
    """Which of the teachers each member has, int64, shape [members]."""
    viewer: Viewer | None = None
    """Shows rows as their views; None where a row is its only view."""
    altered: Altered | None = None
    """What becomes of the soft targets of a control; None where members learn from them as they are."""

    def at(self, rows: Tensor, epoch: int) -> Batch:
        """What the members see in ``rows`` [members, batch] in an epoch."""
        if self.viewer is None:
            return Batch(self.inputs[rows], self.labels[rows], self._told(rows))
        which = self.viewer.which(rows, epoch)
        shown = self.viewer.show(rows, which)
        targets = self._told(rows, self.viewer.views.count, which)
        if shown.partners is None:
            return Batch(shown.inputs, self.labels[rows], targets)
        return Batch(shown.inputs, self.labels[rows], targets, self.labels[shown.partners], shown.own)

    def _told(self, rows: Tensor, count: int = 1, which: Tensor | int = 0) -> Tensor | None:
        """The soft targets of the views ``which`` of ``rows``, out of ``count``; None without a teacher."""
        if self.targets is None:
            return None
        if self.altered is None:
            return self._recorded(self.targets, rows * count + which)
        recorded = self._recorded(self.targets, self.altered.source(rows) * count + which)
        return self.altered.answer(recorded, rows)

    def _recorded(self, targets: Tensor | Sequence[Targets], items: Tensor) -> Tensor:
        if isinstance(targets, Tensor):
            return targets[self.teachers.unsqueeze(1), items]
        stores = [targets[teacher] for teacher in self.teachers.tolist()]
        read = [store.at(own) for store, own in zip(stores, items.cpu().numpy(), strict=True)]
        return torch.from_numpy(np.stack(read)).to(items.device)


@dataclass(frozen=True)
class Batch:
    """One batch for every member, the member axis first."""

    inputs: Tensor
    labels: Tensor
    targets: Tensor | None
    partner_labels: Tensor | None = None
    """Labels of the rows that mixup mixed in."""
    own: Tensor | None = None
    """The share of each row's own label where it was mixed with a partner's."""


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
