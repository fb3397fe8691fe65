"""What every method is: settings, declared needs, and a loss of named terms."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from torch import Tensor

from overproof.losses.response import Setting
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task


class Outputs(NamedTuple):
    """What a model says about a batch."""

    logits: Tensor
    """Shape [batch, classes]: logits of classes or labels, or values."""
    task: Task = MULTICLASS
    """What was asked: a method takes its losses from here, so that it serves every task."""


class Term(NamedTuple):
    """One part of a loss. The training loop minimises the sum of weight · mean(value) over the terms."""

    weight: Setting
    value: Tensor
    """One number per example, shape [batch]."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """A way to train a student.

    Subclasses are frozen dataclasses that state their name and paper in the class line. Fields annotated as numbers may
    differ between the members of one cohort.
    """

    name: ClassVar[str]
    paper: ClassVar[str | None]
    needs_teacher: ClassVar[bool] = True
    """Whether the loss reads the teacher's logits. Without it no teacher is loaded and no soft targets are read."""
    zero_at_match: ClassVar[bool] = False
    """Whether the soft loss is 0 when student and teacher agree."""
    tasks: ClassVar[frozenset[str]] = frozenset({"multiclass", "binary"})
    """Names of the tasks that it is for."""
    fewest_classes: ClassVar[int] = 2
    """With fewer classes than this it says nothing, or the same as another method."""

    def __init_subclass__(cls, *, name: str, paper: str | None = None) -> None:
        """Enter the catalogue under ``name``."""
        super().__init_subclass__()
        cls.name, cls.paper = name, paper

    @abstractmethod
    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        """The loss of a batch, as named terms.

        Args:
            student: the student's outputs, with gradient.
            teacher: the soft targets of the same rows; None only if the method needs no teacher.
            labels: class numbers [batch], labels or values [batch, outputs], or None for rows whose labels may not be
                used (transfer rows).

        Returns:
            ``hard`` for the part that reads labels, ``soft`` for the part that reads the teacher.
        """

    @property
    def settings(self) -> dict[str, float]:
        """The fields by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def without_meaning(self, task: Task) -> tuple[str, ...]:
        """Names of the settings that change nothing in a task: a temperature, where there is nothing to soften."""
        return () if task.softens else tuple(name for name in self.settings if name == "temperature")

    def described(self, task: Task) -> str:
        """As :meth:`__str__`, without the settings that have no meaning in a task."""
        left_out = self.without_meaning(task)
        shown = {name: value for name, value in self.settings.items() if name not in left_out}
        return _called(self.name, shown)

    def __str__(self) -> str:
        return _called(self.name, self.settings)


def _called(name: str, settings: Mapping[str, float]) -> str:
    return f"{name}({', '.join(f'{setting}={value:g}' for setting, value in settings.items())})"
