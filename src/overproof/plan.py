"""What a comparison consists of: the study's members, which cohort trains each, and what they are trained on.

A plan is a pure function of the study, the data and the models: every process that works on a run makes the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof.data.dataset import TEST, Dataset, has_gaps_or_words
from overproof.data.splits import Split, make_splits, steps_per_epoch, whole_split
from overproof.data.views import Views
from overproof.device import resolve
from overproof.errors import StudyError
from overproof.methods import catalogue
from overproof.methods.label_smoothing import LabelSmoothing
from overproof.methods.method import Method
from overproof.methods.simple import Simple
from overproof.models.architecture import Architecture
from overproof.models.equal_cost import epochs_worth, operations
from overproof.models.stacking import MOST_MEMBERS, stacks
from overproof.statistics import LOOKS
from overproof.study import Study, Training
from overproof.tasks.catalogue import TASKS
from overproof.tasks.task import Task
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.teacher import Apprentice, Voice

#: Soft targets: what the teacher says about a row; the same with the classes in a random order; or what it says about
#: another row.
Answers = Literal["teacher", "random", "shuffled"]
#: Those of the controls that have the student's own method.
_ANSWERS: Mapping[str, Answers] = MappingProxyType({"random-teacher": "random", "shuffled-teacher": "shuffled"})

#: The control ``longer`` trains at most this many times as long as the student.
MOST_TIMES_LONGER = 10


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
    answers: Answers = "teacher"
    """Whose answers the members learn from."""
    place: int = 0
    """Of a network among the teachers of an ensemble: two of one architecture must not come out the same."""

    @property
    def role(self) -> str:
        """``teacher`` or ``student``."""
        return "teacher" if self.members[0].arm == "teacher" else "student"

    @property
    def purpose(self) -> str:
        """What keys initial weights and batch order: the same for a student and its simple twin."""
        return f"{self.role}-{self.place}" if self.place else self.role


@dataclass(frozen=True)
class Plan:
    """A study with everything it needs to be carried out."""

    study: Study
    data: Dataset
    teacher: Architecture | Apprentice | Ensemble
    """What is trained, or fitted in one go, in every split; for a teacher that was brought, what it is in words."""
    student: Architecture
    trains_teacher: bool = True
    """False when the teacher was brought and knows its answers already."""
    brought: nn.Module | Voice | None = None
    """The teacher that was brought, in the process it was brought to."""
    counted: int | None = None
    """:attr:`equal_epochs`, where a process without the teacher that was brought has to know them."""
    repeats: int | None = None
    """How many of the repeats are looked at; None: all that there may be. Members and cohorts do not depend on it."""

    final: bool = False
    """Whether nothing is compared: the first student is trained on all rows, to be used."""

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many repeats a verdict is asked for: once after all, or with ``auto`` until one is settled."""
        protocol = self.study.protocol
        if self.final:
            return (1,)
        if protocol.repeats != "auto":
            return (protocol.repeats_in_all,)
        official = bool((self.data.part == TEST).any())  # where one repeat is one difference, which has no spread
        return tuple(look for look in LOOKS if official < look <= protocol.repeats_in_all)

    def after(self, repeats: int) -> Plan:
        """The part of the plan that its first repeats are, with the very cohorts that the whole has for them."""
        return replace(self, repeats=repeats)

    @cached_property
    def drawn(self) -> list[Split]:
        """Every fold of every repeat that there may be, in that order."""
        protocol = self.study.protocol
        splits = [whole_split(self.data, protocol)] if self.final else make_splits(self.data, protocol)
        epochs = any(isinstance(own, Architecture) for own in self._taught)
        return [_fitted_on_all(split) for split in splits] if self.fits_teacher and not epochs else splits

    @cached_property
    def splits(self) -> list[Split]:
        """Those of the repeats that are looked at."""
        return [split for split in self.drawn if self._is_looked_at(split)]

    def _is_looked_at(self, split: Split) -> bool:
        return self.repeats is None or split.repeat < self.repeats

    @cached_property
    def views(self) -> Views | None:
        """The views of the study; None where a row is its only view."""
        if self.study.views.count == 1:
            return None
        views = Views(tuple(self.study.views.augment), self.study.views.count, self.study.protocol.seed)
        views.check(self.data.shape)
        if self.data.tokens is not None or has_gaps_or_words(self.data):
            raise StudyError("views.augment is for numbers and images, not for texts, categories or missing cells")
        return views

    @property
    def count(self) -> int:
        """Views of a row, the row itself included."""
        return self.study.views.count

    @cached_property
    def methods(self) -> dict[str, Method]:
        """The method of simple and of every student arm, simple first; of the first student alone, to be used."""
        arms = zip(self.study.arms, self.study.methods, strict=True)
        students = {arm: catalogue.method(table) for arm, table in arms}
        return dict([*students.items()][:1]) if self.final else {"simple": Simple(), **students}

    @cached_property
    def controls(self) -> dict[str, Method]:
        """The method of every control arm; none unless the study asks for them.

        Raises:
            StudyError: when they have nothing to attribute, because the first student has no teacher.
        """
        if not self.study.controls or self.final:
            return {}
        first = self.methods[self.study.arms[0]]
        if not first.needs_teacher:
            raise StudyError(
                f"protocol.controls = true says what a teacher is good for, but the first method, {first.name}, has "
                "none; put a method first that has a teacher, or leave the controls out"
            )
        made = {"longer": Simple(), "label-smoothing": LabelSmoothing(), **dict.fromkeys(_ANSWERS, first)}
        return {name: made[name] for name in self.study.controls}

    @property
    def arms(self) -> dict[str, Method]:
        """The method of every arm that is trained like a student: simple, the students, then the controls."""
        return {**self.methods, **self.controls}

    @property
    def fits_teacher(self) -> bool:
        """Whether the teacher is fitted in one go, and commits its answers instead of weights."""
        return self.trains_teacher and not isinstance(self.teacher, Architecture)

    @property
    def apprentices(self) -> list[Apprentice]:
        """The teachers, one or several of an ensemble, that are fitted in one go."""
        return [own for own in self._taught if isinstance(own, Apprentice)]

    @property
    def _taught(self) -> Sequence[object]:
        """The teacher, or those of an ensemble."""
        return self.teacher.members if isinstance(self.teacher, Ensemble) else (self.teacher,)

    def crosses(self, apprentice: Apprentice) -> bool:
        """Whether this teacher gives out-of-fold soft targets; with one teacher for all rows there is no other fold."""
        wanted = self.study.teacher.cross_fit
        return not self.one_teacher and (apprentice.memorises if wanted == "auto" else wanted)

    @property
    def one_recording(self) -> bool:
        """Whether what one teacher said serves every split; views made with training rows belong to their split."""
        return self.one_teacher and not (self.views is not None and self.views.needs_training_rows)

    @cached_property
    def one_teacher(self) -> bool:
        """Whether a single teacher serves every split: one that was brought, or one trained on all rows."""
        return not self.trains_teacher or (self.study.protocol.teacher_rows == "all" and not self.final)

    @cached_property
    def teachers(self) -> dict[str, Cohort]:
        """Cohorts of the teach stage by key; none when the teacher was brought, or is fitted in one go."""
        if not self.trains_teacher or not isinstance(self.teacher, Architecture):
            return {}
        splits = self.drawn[:1] if self.one_teacher else self.drawn
        members = [Member("teacher", split) for split in splits]
        return self._cohorts(members, {"teacher": Simple()}, self.teacher, self.study.teacher.training)

    @property
    def fits(self) -> dict[str, Member]:
        """The other jobs of the teach stage: teachers that are fitted in one go, by key."""
        return self.targets if self.fits_teacher else {}

    def alone(self, architecture: Architecture, member: Member, place: int = 0) -> Cohort:
        """A cohort of one teacher, the one at ``place`` in an ensemble."""
        recipe = self.study.teacher.training
        steps, batch = steps_per_epoch([len(member.rows.train)], recipe.batch_size)
        return Cohort(member.key, architecture, recipe, (member,), (Simple(),), steps, batch, False, place=place)

    @cached_property
    def students(self) -> dict[str, Cohort]:
        """Cohorts of the train stage by key: simple and every student arm, in every split; then the controls.

        Each control has cohorts of its own, so that the others are what they are without controls, to the bit.
        """
        cohorts = dict(self._compared)
        for control in self.controls:
            members = [Member(control, split) for split in self.drawn]
            recipe = self.study.student.training
            if control == "longer":
                recipe = recipe.model_copy(update={"epochs": self.longer_epochs})
            answers = _ANSWERS.get(control, "teacher")
            own = self._cohorts(members, self.controls, self.student, recipe)
            cohorts |= {key: replace(cohort, answers=answers) for key, cohort in own.items()}
        return cohorts

    @cached_property
    def _compared(self) -> dict[str, Cohort]:
        """The cohorts of simple and of every student arm."""
        members = [Member(arm, split) for arm in self.methods for split in self.drawn]
        return self._cohorts(members, self.methods, self.student, self.study.student.training)

    def network(self, role: str) -> nn.Module | None:
        """A module as ``teacher`` or ``student`` has it, to count and to time; None where a teacher is no network."""
        if role == "teacher" and self.brought is not None:
            return self.brought if isinstance(self.brought, nn.Module) else None
        architecture = self.teacher if role == "teacher" else self.student
        rows = self.data.shape, len(self.data.classes)
        return architecture.fresh(*rows, "shape only") if isinstance(architecture, Architecture) else None

    @property
    def teacher_name(self) -> str:
        """The teacher in words."""
        return str(self.teacher) if isinstance(self.teacher, Architecture) else self.teacher.name

    @property
    def task(self) -> Task:
        """What is asked about a row."""
        return TASKS[self.data.task]

    @property
    def longer_epochs(self) -> int:
        """Epochs of the control ``longer``: those that cost what the student costs, within bounds."""
        return min(self.equal_epochs, MOST_TIMES_LONGER * self.study.student.training.epochs)

    @cached_property
    def equal_epochs(self) -> int:
        """Epochs of simple that cost as much as the first student's do, the teacher's answers included.

        It is counted for the split where these cost most; see :func:`overproof.models.equal_cost.epochs_worth`.
        """
        if self.counted is not None:
            return self.counted
        cohort, teacher, student = next(iter(self._compared.values())), self.network("teacher"), self.network("student")
        assert student is not None
        of_teacher, of_student = operations(teacher, student, torch.from_numpy(self.data.inputs[:1]))
        return max(
            epochs_worth(
                cohort.recipe.epochs,
                rows=cohort.steps * cohort.batch,
                batches=2 if len(split.transfer) else 1,
                answers=self.count * (len(split.student) + len(split.transfer)),
                teacher=of_teacher,
                student=of_student,
            )
            for split in self.drawn
        )

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

    def _together(self, member: Member) -> str:
        """What stacked members have in common: the method, whatever its numbers; a control keeps to itself."""
        if member.arm in self.controls:
            return f"control-{member.arm}"
        return member.arm if member.arm == "teacher" else self.methods[member.arm].name

    def _cohorts(
        self, members: Sequence[Member], methods: Mapping[str, Method], architecture: Architecture, recipe: Training
    ) -> dict[str, Cohort]:
        """The cohorts that are looked at, in lockstep with all that there may be: steps fit whoever has fewest rows."""
        steps, batch = steps_per_epoch([len(member.rows.train) for member in members], recipe.batch_size)
        rows = torch.from_numpy(self.data.inputs[:4])
        device = resolve(self.study.run.device)
        stacked = stacks(self.study.run.cohorts, architecture, rows, len(self.data.classes), device)
        if stacked:
            groups = _stacked(members, [self._together(member) for member in members], self.looks)
        else:
            groups = {self._name(member): [member] for member in members}
        return {
            key: Cohort(
                key, architecture, recipe, tuple(group), tuple(methods[own.arm] for own in group), steps, batch, stacked
            )
            for key, group in groups.items()
            if self._is_looked_at(group[0].split)
        }


def _fitted_on_all(split: Split) -> Split:
    """The split of teachers none of whom has epochs to choose from: they learn from their validation rows, too."""
    rows = np.union1d(split.teacher, split.teacher_validation)
    return replace(split, teacher=rows, teacher_validation=rows[:0])


def _stacked(members: Sequence[Member], names: Sequence[str], looks: Sequence[int]) -> dict[str, list[Member]]:
    """Members of one name in cohorts of at most :data:`MOST_MEMBERS`, each needed by the same looks."""
    groups: dict[str, list[Member]] = {}
    for name in dict.fromkeys(names):
        own = [member for member, other in zip(members, names, strict=True) if other == name]
        new = [[each for each in own if last <= each.split.repeat < look] for last, look in pairwise((0, *looks))]
        starts = [(block, start) for block in new for start in range(0, len(block), MOST_MEMBERS)]
        for number, (block, start) in enumerate(starts):
            groups[f"{name}-{number}"] = block[start : start + MOST_MEMBERS]
    return groups
