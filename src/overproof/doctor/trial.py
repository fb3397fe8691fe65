"""A trial: teacher and simple of the first split, trained by the jobs of a comparison, in a folder of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from torch import nn

from overproof.doctor.answers import built, macs
from overproof.models import weights
from overproof.models.cost import training_seconds
from overproof.plan import Cohort, Member, Plan
from overproof.progress import Watcher
from overproof.randomness import key, keyed_order
from overproof.run import Run
from overproof.targets.record import trained
from overproof.training.jobs import teach, train

#: Seconds that one model may take to train, estimated as below: a whole examination then ends in about a minute.
SECONDS = 20.0


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
        data = self.whole.data
        order = keyed_order(key(self.whole.study.protocol.seed, "shuffled labels"), data.ids)
        shuffled = replace(self.whole, data=replace(data, labels=data.labels[order]))
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
    def teacher(self) -> nn.Module:
        """The teacher of the first split, trained in full."""
        teach(self.plan, self.run, self.teacher_cohort.key, Watcher())
        return trained(self.plan, self.run, self.plan.teacher_of(self.plan.splits[0]))

    @cached_property
    def simple(self) -> nn.Module:
        """Simple of the first split, trained in full."""
        name = self.simple_cohort.key
        train(self.plan, self.run, name, Watcher())
        state = weights.from_bytes(self.run.read(f"train/{name}", "weights.safetensors"), name)
        module = self.plan.student.fresh(self.plan.data.shape, len(self.plan.data.classes), "shape only")
        weights.load_into(module, {tensor: value[0] for tensor, value in state.items()}, name)
        return module


def seconds(plan: Plan, cohort: Cohort) -> float:
    """About how long it takes to train a cohort of one member, on one core of a small machine."""
    return training_seconds(cohort.recipe.epochs * cohort.steps, cohort.batch, macs(plan, built(plan, cohort.role)))
