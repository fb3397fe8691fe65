"""What a teacher says about a sample of rows: what most checks of a teacher look at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.data.dataset import UNLABELLED, Dataset
from overproof.device import resolve
from overproof.doctor.association import Floats, skill
from overproof.doctor.class_means import by_class_means, keeps_up
from overproof.doctor.features import features
from overproof.models import cost
from overproof.models.architecture import Architecture
from overproof.models.fitted import Fitted
from overproof.models.inference import predict
from overproof.plan import Plan
from overproof.randomness import key, keyed_bits, keyed_order
from overproof.tasks.task import Task
from overproof.teachers.teacher import Shown, Voice

#: Whoever can be asked.
Teacher = nn.Module | Voice

#: Rows that a teacher is asked about: with 512, a share is known to about two points.
ROWS = 512
#: Fewer rows show nothing.
FEWEST = 32


#: Multiply-accumulate operations that a machine does in a second, roughly: by it, one limit is for networks and others.
PER_SECOND = 1e10


@dataclass(frozen=True, eq=False)
class Answers:
    """A teacher, and its outputs for some rows."""

    teacher: Teacher
    data: Dataset
    """The study's."""
    rows: NDArray[np.int64]
    """Positions in it, [rows]."""
    task: Task
    labels: NDArray[Any]
    """Classes [rows], int64; several labels or values [rows, outputs], float32."""
    logits: NDArray[np.float32]
    """[rows, outputs]: logits of classes or labels, or values."""

    @cached_property
    def inputs(self) -> NDArray[np.float32]:
        """[rows, *shape]."""
        return self.data.inputs[self.rows]

    @property
    def ids(self) -> NDArray[np.uint64]:
        """[rows]."""
        return self.data.ids[self.rows]

    @cached_property
    def values(self) -> Floats:
        """Probabilities, or values, [rows, outputs]."""
        return self.task.said(self.logits)

    @cached_property
    def skill(self) -> Floats:
        """How much of a constant's squared error is gone, row by row, where there are several labels or values."""
        return skill(self.values, self.labels)

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
        return by_class_means(features(self.data, self.inputs), self.labels, ~self.tested)

    def mean_something(self, said: NDArray[np.int64]) -> bool:
        """Whether other answers to the same rows do, [rows]."""
        if self.tested.all() or not self.tested.any():
            return False
        return keeps_up(said[self.tested], self.labels[self.tested], self.simplest)


def ask(plan: Plan, teacher: Teacher, rows: NDArray[np.int64]) -> Answers:
    """Ask a teacher about rows of the study's data.

    Args:
        plan: the study.
        teacher: whoever answers for its rows.
        rows: positions.

    Raises:
        ModelError: when an answer is not finite.
    """
    said = answered(plan, teacher, rows, plan.data.inputs[rows])
    return Answers(teacher, plan.data, rows, plan.task, plan.data.labels[rows], said)


def answered(plan: Plan, teacher: Teacher, rows: NDArray[np.int64], inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a teacher says, [rows, outputs], about rows that are shown to it as ``inputs``."""
    if isinstance(teacher, Voice):
        return teacher.answer(Shown(plan.data, rows, inputs))
    return predict(teacher, inputs, plan.data.ids[rows], resolve(plan.study.run.device))


def known(plan: Plan) -> NDArray[np.int64]:
    """The rows that have labels."""
    return np.flatnonzero(plan.data.part != UNLABELLED)


def sample(plan: Plan, rows: NDArray[np.int64], most: int = ROWS) -> NDArray[np.int64]:
    """At most so many of some rows, in a random order that depends on the seed and their ids alone."""
    order = keyed_order(key(plan.study.protocol.seed, "doctor"), plan.data.ids[rows])
    return rows[order[:most]]


def affordable(plan: Plan, teacher: Teacher, operations: float) -> int:
    """How many rows may be asked about: at most :data:`ROWS`, and no more than ``operations`` allow.

    A teacher that is no network is asked about a few rows, and timed.

    Args:
        plan: the study.
        teacher: whoever is to be asked.
        operations: multiply-accumulate operations in all.
    """
    if not isinstance(teacher, Voice):
        return min(ROWS, int(operations / macs(plan, teacher)))
    few = known(plan)[:4]
    start = time.perf_counter()
    answered(plan, teacher, few, plan.data.inputs[few])
    by_row = (time.perf_counter() - start) / len(few)
    return ROWS if by_row * ROWS * PER_SECOND < operations else int(operations / PER_SECOND / by_row)


def macs(plan: Plan, module: nn.Module) -> int:
    """Multiply-accumulate operations for one row, or the number of parameters where they cannot be counted."""
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    two = torch.from_numpy(plan.data.inputs[:2]).to(device)  # normalisation by the batch refuses a row by itself
    return (cost.macs(module, two) or 0) // 2 or cost.parameters(module) or 1


@dataclass(frozen=True)
class Models:
    """The two models of a study."""

    teacher: Teacher | None
    """The one that was brought, or a fresh network with the weights of the first split; None where it is fitted in one
    go and there is none yet."""
    student: nn.Module
    """A fresh one with the weights of the first split."""

    @classmethod
    def of(cls, plan: Plan) -> Models:
        """The models of a study."""
        return cls(teacher_of(plan), built(plan, "student"))

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Those that are networks, by their role."""
        both = {"teacher": self.teacher, "student": self.student}
        return {role: model for role, model in both.items() if isinstance(model, nn.Module)}


def teacher_of(plan: Plan) -> Teacher | None:
    """The teacher that was brought, or a fresh one; None where it is fitted in one go."""
    if plan.brought is not None:
        return plan.brought
    return built(plan, "teacher") if isinstance(plan.teacher, Architecture) else None


def built(plan: Plan, role: str) -> nn.Module:
    """The network that was brought, or a fresh ``teacher`` or ``student`` as the first split's training starts."""
    if role == "teacher" and isinstance(plan.brought, nn.Module):
        return plan.brought
    architecture = plan.teacher if role == "teacher" else plan.student
    assert isinstance(architecture, Architecture)
    shape, classes = plan.data.shape, len(plan.data.classes)
    module = architecture.fresh(shape, classes, plan.study.protocol.seed, "weights", role, 0, 0)
    if isinstance(module, Fitted):
        rows = plan.splits[0].teacher if role == "teacher" else plan.splits[0].student
        module.fit(plan.data.inputs[rows], plan.data.labels[rows])
    return module
