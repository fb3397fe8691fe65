"""Who performs the jobs: a rule of the study and the machine. It cannot change a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import torch

from overproof.deploy.machine import cores
from overproof.device import resolve
from overproof.executors.in_process import InProcess
from overproof.executors.job import Job
from overproof.executors.processes import Processes
from overproof.executors.ray import RayTasks
from overproof.models.cost import macs, parameters, training_seconds
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run

#: Seconds of training in all below which starting workers costs more than it saves (about four seconds of a core each).
FEW_SECONDS = 8.0


@contextmanager
def executor(plan: Plan, run: Run, watcher: Watcher, portable: bool) -> Iterator[Callable[[Sequence[Job]], None]]:
    """What performs jobs, for as long as the block lasts.

    Args:
        plan: the comparison.
        run: its folder.
        watcher: told about progress, and why an executor was not the one asked for.
        portable: whether worker processes can build the models and methods by name.
    """
    here = InProcess(plan, run, watcher)
    wanted = _wanted(plan, run)
    if wanted == "in-process":
        yield here.perform
        return
    if not portable:
        watcher.say("a model or method was given that cannot be named in a file, so everything runs in this process")
        yield here.perform
        return
    most = min(cores(), len(plan.students))
    workers = RayTasks(plan, run, watcher) if wanted == "ray" else Processes(plan, run, watcher, most)
    with closing(workers):
        # a teacher that was brought lives in this process; whoever brought it records it
        yield lambda jobs: here.perform(jobs) if jobs and _is_here(plan, jobs[0]) else workers.perform(jobs)


def _wanted(plan: Plan, run: Run) -> str:
    wanted = plan.study.run.executor
    if wanted != "auto":
        return wanted
    alone = cores() == 1 or resolve(plan.study.run.device).type != "cpu"
    quick = not plan.fits_teacher and _expected_seconds(plan, run) < FEW_SECONDS
    return "in-process" if alone or quick else "processes"


def _expected_seconds(plan: Plan, run: Run) -> float:
    """How long the trainings that are not done would take one core, roughly."""
    row = torch.from_numpy(plan.data.inputs[:1])
    seconds = 0.0
    for stage, cohorts in (("teach", plan.teachers), ("train", plan.students)):
        undone = [cohort for key, cohort in cohorts.items() if not run.done(f"{stage}/{key}")]
        if not undone:
            continue
        module = undone[0].architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")
        operations = macs(module, row) or parameters(module)
        for cohort in undone:
            rows = cohort.batch * len(cohort.members)
            seconds += training_seconds(cohort.steps * cohort.recipe.epochs, rows, operations)
    return seconds


def _is_here(plan: Plan, job: Job) -> bool:
    return job.stage == "record" and not plan.trains_teacher
