"""What a teacher says about a sample of rows: what most checks of a teacher look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.device import resolve
from overproof.doctor.class_means import by_class_means, keeps_up
from overproof.models import cost
from overproof.models.inference import predict
from overproof.plan import Plan
from overproof.randomness import key, keyed_bits, keyed_order

#: Rows that a teacher is asked about: with 512, a share is known to about two points.
ROWS = 512
#: Fewer rows show nothing.
FEWEST = 32


@dataclass(frozen=True, eq=False)
class Answers:
    """A teacher, and its logits for some rows."""

    teacher: nn.Module
    inputs: NDArray[np.float32]
    """[rows, *shape]."""
    labels: NDArray[np.int64]
    """[rows]."""
    ids: NDArray[np.uint64]
    """[rows]."""
    logits: NDArray[np.float32]
    """[rows, classes]."""

    @cached_property
    def said(self) -> NDArray[np.int64]:
        """The class it finds most probable, [rows]."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.int64)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Where that is the label, [rows]."""
        return np.asarray(self.said == self.labels)

    @cached_property
    def tested(self) -> NDArray[np.bool_]:
        """A random half of the rows, to test what was chosen on the other half; it depends on the ids alone, [rows]."""
        return np.asarray(keyed_bits(key("doctor", "tested"), self.ids) % 2 == 1)

    @cached_property
    def simplest(self) -> NDArray[np.int64]:
        """What the class means of the other half say of the tested rows, [rows tested]."""
        return by_class_means(self.inputs, self.labels, ~self.tested)

    def mean_something(self, said: NDArray[np.int64]) -> bool:
        """Whether other answers to the same rows do, [rows]."""
        if self.tested.all() or not self.tested.any():
            return False
        return keeps_up(said[self.tested], self.labels[self.tested], self.simplest)


def ask(plan: Plan, teacher: nn.Module, rows: NDArray[np.int64]) -> Answers:
    """Ask a teacher about rows of the study's data.

    Args:
        plan: the study.
        teacher: any module that answers for its rows.
        rows: positions.

    Raises:
        ModelError: when an answer is not finite.
    """
    inputs, ids = plan.data.inputs[rows], plan.data.ids[rows]
    logits = predict(teacher, inputs, ids, resolve(plan.study.run.device))
    return Answers(teacher, inputs, plan.data.labels[rows], ids, logits)


def sample(plan: Plan, rows: NDArray[np.int64], most: int = ROWS) -> NDArray[np.int64]:
    """At most so many of some rows, in a random order that depends on the seed and their ids alone."""
    order = keyed_order(key(plan.study.protocol.seed, "doctor"), plan.data.ids[rows])
    return rows[order[:most]]


def affordable(plan: Plan, teacher: nn.Module, operations: float) -> int:
    """How many rows may be asked about: at most :data:`ROWS`, and no more than ``operations`` allow.

    Args:
        plan: the study.
        teacher: the module.
        operations: multiply-accumulate operations in all.
    """
    return min(ROWS, int(operations / macs(plan, teacher)))


def macs(plan: Plan, module: nn.Module) -> int:
    """Multiply-accumulate operations for one row, or the number of parameters where they cannot be counted."""
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    two = torch.from_numpy(plan.data.inputs[:2]).to(device)  # normalisation by the batch refuses a row by itself
    return (cost.macs(module, two) or 0) // 2 or cost.parameters(module) or 1


class Models(NamedTuple):
    """The two models of a study."""

    teacher: nn.Module
    """The one that was brought, or a fresh one with the weights of the first split."""
    student: nn.Module
    """A fresh one with the weights of the first split."""

    @classmethod
    def of(cls, plan: Plan) -> Models:
        """The models of a study."""
        return cls(built(plan, "teacher"), built(plan, "student"))


def built(plan: Plan, role: str) -> nn.Module:
    """The teacher that was brought, or a fresh ``teacher`` or ``student`` with the first split's initial weights."""
    if role == "teacher" and plan.brought is not None:
        return plan.brought
    architecture = plan.teacher if role == "teacher" else plan.student
    shape, classes = plan.data.shape, len(plan.data.classes)
    return architecture.fresh(shape, classes, plan.study.protocol.seed, "weights", role, 0, 0)
