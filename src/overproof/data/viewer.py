"""Showing rows as their views: what the members of a cohort see, and what a teacher sees when it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.augmentations import Material
from overproof.data.views import Views, mixing_pool, view_of


class Shown(NamedTuple):
    """Rows as their views, the member axis first."""

    inputs: Tensor
    """Shape [members, batch, ...]."""
    partners: Tensor | None
    """Positions of the rows that mixup mixed in, [members, batch]; None without mixup."""
    own: Tensor | None
    """Share of each row, and of its label, that is its own, [members, batch]; None without mixup."""


@dataclass(frozen=True)
class Viewer:
    """The views of a data set, for members that learn from different rows of it."""

    views: Views
    inputs: Tensor
    """All rows, [rows, ...]."""
    ids: Tensor
    """Bit patterns of the row ids, int64 [rows]."""
    pools: tuple[Tensor, ...]
    """Of each member, the rows that partners come from; empty without mixup."""
    means: Tensor | None
    """Of each member's training rows, [members, features]; None where no augmentation asks."""
    deviations: Tensor | None

    @classmethod
    def of(cls, views: Views, inputs: Tensor, ids: NDArray[np.uint64], training: Sequence[NDArray[np.int64]]) -> Viewer:
        """A viewer for members with these training rows.

        Args:
            views: of the study.
            inputs: all rows, on the device where they will be shown.
            ids: of all rows.
            training: positions of each member's own training rows: whatever views need beside a row comes from these.
        """
        device = inputs.device
        tables = views.needs_training_rows and inputs.dim() < 4
        chosen = [inputs[torch.from_numpy(rows).to(device)].flatten(0, -2) for rows in training] if tables else []
        return cls(
            views,
            inputs,
            torch.from_numpy(ids.view(np.int64)).to(device),
            tuple(mixing_pool(rows, ids).to(device) for rows in training) if views.mixes else (),
            torch.stack([rows.mean(0) for rows in chosen]) if chosen else None,
            torch.stack([rows.std(0) for rows in chosen]) if chosen else None,
        )

    def which(self, rows: Tensor, epoch: int) -> Tensor:
        """Which view each row shows in an epoch, in the shape of ``rows``."""
        return view_of(self.views.seed, self.ids[rows].flatten(), epoch, self.views.count).view(rows.shape)

    def show(self, rows: Tensor, which: Tensor) -> Shown:
        """Rows as the views that were asked for, both [members, batch]."""
        ids, flat, view = self.ids[rows], rows.flatten(), which.flatten()
        partners = None
        if self.pools:
            own = zip(ids, which, self.pools, strict=True)
            partners = torch.stack([self.views.partners(each, views, pool) for each, views, pool in own])
        material = Material(
            self._beside(self.means, rows),
            self._beside(self.deviations, rows),
            None if partners is None else self.inputs[partners.flatten()],
        )
        shown = self.views.apply(self.inputs[flat], ids.flatten(), view, material)
        weight = None if partners is None else self.views.own_weight(ids.flatten(), view).view(rows.shape)
        return Shown(shown.view(*rows.shape, *shown.shape[1:]), partners, weight)

    @staticmethod
    def _beside(features: Tensor | None, rows: Tensor) -> Tensor | None:
        """Each member's numbers beside each of its rows, [members · batch, features]."""
        return None if features is None else features.repeat_interleave(rows.shape[1], dim=0)
