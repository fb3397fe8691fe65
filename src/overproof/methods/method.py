"""What every method is: settings, declared needs, and a loss of named terms."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from torch import Tensor

from overproof.losses.response import Setting


class Outputs(NamedTuple):
    """What a model says about a batch."""

    logits: Tensor
    """Shape [batch, classes]."""


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
            labels: class numbers [batch], or None for rows whose labels may not be used (transfer rows).

        Returns:
            ``hard`` for the part that reads labels, ``soft`` for the part that reads the teacher.
        """

    @property
    def settings(self) -> dict[str, float]:
        """The fields by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value:g}' for name, value in self.settings.items())})"
