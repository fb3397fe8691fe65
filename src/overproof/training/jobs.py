"""The jobs of the teach and train stages: train one cohort and commit its weights and history."""

from __future__ import annotations

import json

import numpy as np
import torch

from overproof.device import one_thread, resolve
from overproof.models import weights
from overproof.models.architecture import memory_format
from overproof.plan import Cohort, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.record import soft_targets
from overproof.training.checkpoint import Checkpoint
from overproof.training.loop import Task, fit
from overproof.training.networks import Separate
from overproof.training.rows import Order, Table


def teach(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Train a teacher."""
    _train(plan, run, f"teach/{key}", plan.teachers[key], watcher)


def train(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Train a cohort of students, or of simple twins."""
    _train(plan, run, f"train/{key}", plan.students[key], watcher)


def _train(plan: Plan, run: Run, job: str, cohort: Cohort, watcher: Watcher) -> None:
    seed, (member,) = plan.study.protocol.seed, cohort.members
    device = resolve(plan.study.run.device)
    initial = (seed, "weights", cohort.role, member.split.repeat, member.split.fold)
    module = cohort.architecture.fresh(plan.data.shape, len(plan.data.classes), *initial)
    layout = memory_format(module)
    rows = [each.rows for each in cohort.members]
    task = Task(
        networks=Separate(module.to(device, memory_format=layout)),  # type: ignore[call-overload]
        table=_table(plan, run, cohort, device, layout),
        order=Order(seed, cohort.role, plan.data.ids, rows, cohort.steps, cohort.batch),
        method=cohort.method,
        recipe=cohort.recipe,
        device=device,
    )
    checkpoint = Checkpoint(run, job)
    with one_thread():
        best, history = fit(
            task,
            checkpoint,
            lambda epoch, hard, soft: watcher.epoch(job, epoch, cohort.recipe.epochs, hard, soft),
        )
    run.commit(
        job,
        {"weights.safetensors": weights.to_bytes(best), "history.json": json.dumps(history.as_json()).encode()},
    )
    checkpoint.clear()


def _table(plan: Plan, run: Run, cohort: Cohort, device: torch.device, layout: torch.memory_format) -> Table:
    """The rows on the device; soft targets only for methods that read them."""
    targets = None
    if cohort.method.needs_teacher:
        recorded = [soft_targets(run, plan.teacher_of(member.split)) for member in cohort.members]
        targets = torch.from_numpy(np.stack(recorded)).to(device)
    inputs = torch.from_numpy(plan.data.inputs).to(device, memory_format=layout)
    return Table(inputs, torch.from_numpy(plan.data.labels).to(device), targets)
