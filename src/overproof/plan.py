"""What a comparison consists of: the study's members, which cohort trains each, and what they are trained on.

A plan is a pure function of the study, the data and the models: every process that works on a run makes the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.data.dataset import Dataset
from overproof.data.duplicates import duplicate_groups
from overproof.data.splits import Split, make_splits, steps_per_epoch
from overproof.data.views import Views
from overproof.device import resolve
from overproof.methods import catalogue
from overproof.methods.method import Method
from overproof.methods.simple import Simple
from overproof.models.architecture import Architecture
from overproof.models.stacking import MOST_MEMBERS, stacks
from overproof.study import Study, Training


@dataclass(frozen=True)
class Rows:
    """The rows of one member, as positions in the data set."""

    repeat: int
    fold: int
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    transfer: NDArray[np.int64]
    """Rows with soft targets only; empty when there are none."""


@dataclass(frozen=True)
class Member:
    """One model to be trained."""

    arm: str
    split: Split

    @property
    def key(self) -> str:
        """Its name in the run folder, as in ``student-r0-f3``."""
        return f"{self.arm}-r{self.split.repeat}-f{self.split.fold}"

    @property
    def rows(self) -> Rows:
        """The rows it is trained on: the teacher's own, or those that student and simple share."""
        split = self.split
        if self.arm == "teacher":
            return Rows(split.repeat, split.fold, split.teacher, split.teacher_validation, split.transfer[:0])
        return Rows(split.repeat, split.fold, split.student, split.student_validation, split.transfer)


@dataclass(frozen=True)
class Cohort:
    """Members of one architecture, trained in lockstep by one job."""

    key: str
    architecture: Architecture
    recipe: Training
    members: tuple[Member, ...]
    methods: tuple[Method, ...]
    """Of each member: one method, whose settings may differ where they are numbers."""
    steps: int
    """Per epoch."""
    batch: int
    stacked: bool
    """Whether they are trained as one stacked model; a cohort that is not has one member."""

    @property
    def role(self) -> str:
        """``teacher`` or ``student``: what keys initial weights and batch order."""
        return "teacher" if self.members[0].arm == "teacher" else "student"


@dataclass(frozen=True)
class Plan:
    """A study with everything it needs to be carried out."""

    study: Study
    data: Dataset
    teacher: Architecture
    student: Architecture
    trains_teacher: bool = True
    """False when the teacher was brought with its weights."""
    brought: nn.Module | None = None
    """The teacher that was brought, in the process it was brought to."""

    @cached_property
    def splits(self) -> list[Split]:
        """Every fold of every repeat, in that order."""
        groups = duplicate_groups(self.data)
        return make_splits(self.data.labels, self.data.ids, groups, self.study.protocol, self.data.classes)

    @cached_property
    def views(self) -> Views | None:
        """The views of the study; None where a row is its only view."""
        if self.study.views.count == 1:
            return None
        views = Views(tuple(self.study.views.augment), self.study.views.count, self.study.protocol.seed)
        views.check(self.data.shape)
        return views

    @property
    def count(self) -> int:
        """Views of a row, the row itself included."""
        return self.study.views.count

    @cached_property
    def methods(self) -> dict[str, Method]:
        """The method of every arm that is trained like a student, simple first."""
        arms = zip(self.study.arms, self.study.methods, strict=True)
        return {"simple": Simple(), **{arm: catalogue.method(table) for arm, table in arms}}

    @property
    def one_recording(self) -> bool:
        """Whether what one teacher said serves every split; views made with training rows belong to their split."""
        return self.one_teacher and not (self.views is not None and self.views.needs_training_rows)

    @cached_property
    def one_teacher(self) -> bool:
        """Whether a single teacher serves every split: one that was brought, or one trained on all rows."""
        return not self.trains_teacher or self.study.protocol.teacher_rows == "all"

    @cached_property
    def teachers(self) -> dict[str, Cohort]:
        """Cohorts of the teach stage by key; none when the teacher was brought."""
        if not self.trains_teacher:
            return {}
        splits = self.splits[:1] if self.one_teacher else self.splits
        members = [Member("teacher", split) for split in splits]
        return self._cohorts(members, {"teacher": Simple()}, self.teacher, self.study.teacher.training)

    @cached_property
    def students(self) -> dict[str, Cohort]:
        """Cohorts of the train stage by key: simple and every student arm, in every split."""
        members = [Member(arm, split) for arm in self.methods for split in self.splits]
        return self._cohorts(members, self.methods, self.student, self.study.student.training)

    @cached_property
    def targets(self) -> dict[str, Member]:
        """The teachers whose soft targets are recorded, by key."""
        return {self.teacher_of(split): Member("teacher", split) for split in reversed(self.splits)}

    def teacher_of(self, split: Split) -> str:
        """Key of what the teacher that serves a split said about the rows."""
        return "teacher" if self.one_recording else Member("teacher", split).key

    def place_of(self, member: Member) -> tuple[str, int]:
        """Key of the cohort that trains a member, and the member's row in it."""
        if member.arm == "teacher" and self.one_teacher:
            return next(iter(self.teachers)), 0
        return self._places[member.key]

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        cohorts = [*self.teachers.values(), *self.students.values()]
        return {own.key: (cohort.key, row) for cohort in cohorts for row, own in enumerate(cohort.members)}

    def _name(self, member: Member) -> str:
        return "teacher" if member.arm == "teacher" and self.one_teacher else member.key

    def _cohorts(
        self, members: Sequence[Member], methods: Mapping[str, Method], architecture: Architecture, recipe: Training
    ) -> dict[str, Cohort]:
        """Members in lockstep: steps and batch size fit the member with the fewest rows."""
        steps, batch = steps_per_epoch([len(member.rows.train) for member in members], recipe.batch_size)
        rows = torch.from_numpy(self.data.inputs[:4])
        device = resolve(self.study.run.device)
        stacked = stacks(self.study.run.cohorts, architecture, rows, len(self.data.classes), device)
        groups = _stacked(members, methods) if stacked else {self._name(member): [member] for member in members}
        return {
            key: Cohort(
                key, architecture, recipe, tuple(group), tuple(methods[own.arm] for own in group), steps, batch, stacked
            )
            for key, group in groups.items()
        }


def _stacked(members: Sequence[Member], methods: Mapping[str, Method]) -> dict[str, list[Member]]:
    """Members with the same method, whatever its numbers, in cohorts of at most :data:`MOST_MEMBERS`."""
    groups: dict[str, list[Member]] = {}
    names = [member.arm if member.arm == "teacher" else methods[member.arm].name for member in members]
    for name in dict.fromkeys(names):
        own = [member for member, other in zip(members, names, strict=True) if other == name]
        for number, start in enumerate(range(0, len(own), MOST_MEMBERS)):
            groups[f"{name}-{number}"] = own[start : start + MOST_MEMBERS]
    return groups
