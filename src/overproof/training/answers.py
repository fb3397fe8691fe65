"""Answers that carry no knowledge: what some controls learn from instead of what their teachers say about a row.

Both are views of the recorded soft targets, functions of the seed, the split and the row's id: nothing is recorded for
them, and any teacher will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.data.draws import keyed_bits
from overproof.plan import Answers, Rows
from overproof.randomness import key, keyed_order


class Altered(Protocol):
    """What becomes of soft targets on their way to the members."""

    def source(self, rows: Tensor) -> Tensor:
        """The rows whose soft targets are read, for rows [members, batch]."""

    def answer(self, logits: Tensor, rows: Tensor) -> Tensor:
        """What the members are told: logits [members, batch, classes], given those that were read."""


@dataclass(frozen=True)
class RandomTeacher:
    """As confident as the teacher, and knows nothing: the logits of each row, with the classes in a random order."""

    seed: int
    splits: Tensor
    """A number for each member's split, int64 [members]: the order of the classes is another in every split."""
    ids: Tensor
    """Bit patterns of all rows' ids, int64 [rows]."""

    def source(self, rows: Tensor) -> Tensor:
        """The rows themselves."""
        return rows

    def answer(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Each row's logits in an order of its own, the same for all of its views."""
        own = keyed_bits(key(self.seed, "random teacher", "row"), self.ids[rows]) + self.splits.unsqueeze(1)
        classes = keyed_bits(key(self.seed, "random teacher", "split"), own).unsqueeze(-1)
        classes = classes + torch.arange(logits.shape[-1], device=logits.device)
        order = keyed_bits(key(self.seed, "random teacher", "class"), classes).argsort(dim=-1, stable=True)
        return logits.gather(-1, order)


@dataclass(frozen=True)
class ShuffledTeacher:
    """What the teacher says about other rows: each row that a member learns from has the answers to another of them."""

    others: Tensor
    """Of each member and row, the row whose answers it has, int64 [members, rows]."""

    def source(self, rows: Tensor) -> Tensor:
        """The other rows."""
        return self.others.gather(1, rows)

    def answer(self, logits: Tensor, rows: Tensor) -> Tensor:
        """What was read."""
        del rows
        return logits


def altered(
    answers: Answers, seed: int, ids: NDArray[np.uint64], members: Sequence[Rows], device: torch.device
) -> Altered | None:
    """What becomes of the soft targets of a cohort.

    Args:
        answers: whose answers its members learn from.
        seed: the study's.
        ids: of all rows of the data set.
        members: the rows of each member.
        device: where the members are trained.

    Returns:
        None where they learn from their teachers' answers as they are.
    """
    if answers == "random":
        splits = [key(seed, "random teacher", member.repeat, member.fold) for member in members]
        return RandomTeacher(seed, torch.tensor(splits, device=device), torch.from_numpy(ids.view(np.int64)).to(device))
    if answers == "shuffled":
        others = [_others(ids, member, key(seed, "shuffled teacher", member.repeat, member.fold)) for member in members]
        return ShuffledTeacher(torch.from_numpy(np.stack(others)).to(device))
    return None


def _others(ids: NDArray[np.uint64], member: Rows, a_key: int) -> NDArray[np.int64]:
    """For every row another, all in one cycle, among those that the member may learn from; elsewhere the row itself."""
    learnt = np.union1d(member.train, member.transfer)
    order = learnt[keyed_order(a_key, ids[learnt])]
    others = np.arange(len(ids))
    others[order] = np.roll(order, -1)
    return others
