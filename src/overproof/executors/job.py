"""What a job is: a stage and a key, and the function that performs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from overproof.evaluating.predictions import evaluate
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.record import record, recorded
from overproof.training.jobs import teach, train

#: The stages whose work is done in jobs, in order, and what performs a job of each.
STAGES: Mapping[str, Callable[[Plan, Run, str, Watcher], None]] = MappingProxyType(
    {"teach": teach, "record": record, "train": train, "evaluate": evaluate}
)


class Job(NamedTuple):
    """One unit of work: it reads its inputs from the run folder and commits its outputs there."""

    stage: str
    key: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.key}"

    def perform(self, plan: Plan, run: Run, watcher: Watcher) -> None:
        """Do the work; doing it again gives the same files."""
        STAGES[self.stage](plan, run, self.key, watcher)

    def done(self, plan: Plan, run: Run) -> bool:
        """Whether its files are there and whole, and what they point to in the soft-target store is, too."""
        return recorded(plan, run, self.key) if self.stage == "record" else run.done(str(self))


def jobs_of(plan: Plan, stage: str) -> list[Job]:
    """All jobs of a stage, in order."""
    keys: dict[str, Iterable[str]] = {
        "teach": [*plan.teachers, *plan.fits],
        "record": plan.targets,
        "train": plan.students,
        "evaluate": [*plan.students, *plan.targets],
    }
    return [Job(stage, key) for key in keys[stage]]
