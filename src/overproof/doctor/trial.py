"""A trial: teacher and simple of the first split, trained by the jobs of a comparison, in a folder of their own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import nn

from overproof.doctor.answers import Teacher, built, known, macs, sample
from overproof.models import weights
from overproof.models.architecture import Architecture
from overproof.models.cost import training_seconds
from overproof.plan import Cohort, Member, Plan
from overproof.progress import Watcher
from overproof.randomness import key, keyed_order
from overproof.run import Run
from overproof.targets import asking
from overproof.targets.record import ANSWERS, trained
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.teacher import Apprentice, Shown, Voice
from overproof.training.fitting import FOLDS
from overproof.training.jobs import teach, train

#: Seconds that one model may take to train, estimated as below: a whole examination then ends in about a minute.
SECONDS = 20.0
#: Rows that a teacher without epochs is fitted on to see how long it takes.
FITTED = 500


@dataclass(frozen=True)
class Trial:
    """One split of a comparison, carried out apart from it."""

    whole: Plan
    """The comparison."""
    run: Run
    """Where the trial trains: a folder that nobody else uses."""

    @cached_property
    def plan(self) -> Plan:
        """The comparison's, with every member by itself."""
        study = self.whole.study
        apart = study.run.model_copy(update={"cohorts": "separate"})
        return replace(self.whole, study=study.model_copy(update={"run": apart}))

    @cached_property
    def shuffled(self) -> Trial:
        """The same with the labels dealt out to the rows at random."""
        data, labels = self.whole.data, self.whole.data.labels.copy()
        rows = known(self.whole)
        order = keyed_order(key(self.whole.study.protocol.seed, "shuffled labels"), data.ids[rows])
        labels[rows] = labels[rows[order]]
        shuffled = replace(self.whole, data=replace(data, labels=labels))
        return Trial(shuffled, Run(self.run.folder / "shuffled"))

    @property
    def teacher_cohort(self) -> Cohort:
        """The teacher of the first split."""
        return self.plan.teachers[self.plan.place_of(Member("teacher", self.plan.splits[0]))[0]]

    @property
    def simple_cohort(self) -> Cohort:
        """Simple in the first split."""
        return self.plan.students[self.plan.place_of(Member("simple", self.plan.splits[0]))[0]]

    @cached_property
    def teacher(self) -> Teacher:
        """The teacher of the first split, trained in full."""
        key = self.plan.teacher_of(self.plan.splits[0])
        teach(self.plan, self.run, key if self.plan.fits_teacher else self.teacher_cohort.key, Watcher())
        return taught(self.plan, self.run, key)

    @cached_property
    def simple(self) -> nn.Module:
        """Simple of the first split, trained in full."""
        name = self.simple_cohort.key
        train(self.plan, self.run, name, Watcher())
        state = weights.from_bytes(self.run.read(f"train/{name}", "weights.safetensors"), name)
        module = self.plan.student.fresh(self.plan.data.shape, len(self.plan.data.classes), "shape only")
        weights.load_into(module, {tensor: value[0] for tensor, value in state.items()}, name)
        return module


class Told(Voice):
    """What a teacher that was fitted in one go said about every row: what its students are taught."""

    sees_views = False

    def __init__(self, name: str, answers: NDArray[np.float32]) -> None:
        self.name, self._answers = name, answers

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """What was said about the rows; see :class:`Voice`."""
        return self._answers[shown.rows]

    def components(self) -> None:
        """None: nobody records it."""


def taught(plan: Plan, run: Run, key: str) -> Teacher:
    """A teacher of the teach stage: the network, or what one that was fitted said."""
    if not plan.fits_teacher:
        return trained(plan, run, key)
    rows = np.arange(len(plan.data)) * plan.count  # view 0 is the row itself
    return Told(plan.teacher_name, asking.said(run.read(f"teach/{key}", ANSWERS)).answer(rows))


def fitting_seconds(plan: Plan) -> float:
    """About how long it takes to fit the teacher of the first split: some of its rows are fitted, and timed."""
    members = plan.teacher.members if isinstance(plan.teacher, Ensemble) else (plan.teacher,)
    rows = plan.splits[0].teacher
    some, needed = sample(plan, rows, FITTED), 0.0
    for own in members:
        if isinstance(own, Architecture):
            cohort = plan.alone(own, Member("teacher", plan.splits[0]))
            module = own.fresh(plan.data.shape, len(plan.data.classes), "shape only")
            needed += training_seconds(cohort.recipe.epochs * cohort.steps, cohort.batch, macs(plan, module))
        elif isinstance(own, Apprentice):
            start = time.perf_counter()
            own.fit(plan.data, some, 0)
            times = 1 + FOLDS * plan.crosses(own)
            needed += (time.perf_counter() - start) * times * len(rows) / len(some)
    return needed


def seconds(plan: Plan, cohort: Cohort) -> float:
    """About how long it takes to train a cohort of one member, on one core of a small machine."""
    return training_seconds(cohort.recipe.epochs * cohort.steps, cohort.batch, macs(plan, built(plan, cohort.role)))
