"""The jobs of the teach and train stages: train one cohort and commit its weights and history."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from overproof.data.viewer import Viewer
from overproof.device import one_thread, resolve
from overproof.errors import TrainingError
from overproof.models import weights
from overproof.models.architecture import memory_format
from overproof.models.networks import Networks, Separate, Stacked
from overproof.plan import Cohort, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.reading import Targets
from overproof.targets.record import soft_targets
from overproof.training.answers import altered
from overproof.training.checkpoint import Checkpoint
from overproof.training.learning import Learning
from overproof.training.loop import Task, fit
from overproof.training.rows import Order, Table

#: Soft targets up to this many bytes are kept on the device; more are read batch by batch.
MOST_BYTES = 1 << 30


def teach(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Train a teacher."""
    _train(plan, run, f"teach/{key}", plan.teachers[key], watcher)


def train(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Train a cohort of students, or of simple twins."""
    _train(plan, run, f"train/{key}", plan.students[key], watcher)


def _train(plan: Plan, run: Run, job: str, cohort: Cohort, watcher: Watcher) -> None:
    seed, device = plan.study.protocol.seed, resolve(plan.study.run.device)
    networks, layout = _networks(plan, cohort, device)
    rows = [member.rows for member in cohort.members]
    task = Task(
        networks=networks,
        table=_table(plan, run, cohort, device, layout),
        order=Order(seed, cohort.role, plan.data.ids, rows, cohort.steps, cohort.batch),
        learning=Learning(cohort.methods, device),
        recipe=cohort.recipe,
        device=device,
    )
    checkpoint = Checkpoint(run, job)

    def told(epoch: int, hard: float, soft: float | None) -> None:
        watcher.epoch(job, epoch, cohort.recipe.epochs, hard, soft)

    try:
        with one_thread():
            best, history = fit(task, checkpoint, told)
    except TrainingError as error:
        raise TrainingError(f"{job}: {error}") from error
    run.commit(
        job,
        {"weights.safetensors": weights.to_bytes(best), "history.json": json.dumps(history.as_json()).encode()},
    )
    checkpoint.clear()


def _networks(plan: Plan, cohort: Cohort, device: torch.device) -> tuple[Networks, torch.memory_format]:
    """The members with their initial weights, the same for a student and its simple twin."""
    modules = [
        cohort.architecture.fresh(
            plan.data.shape,
            len(plan.data.classes),
            *(plan.study.protocol.seed, "weights", cohort.role, member.split.repeat, member.split.fold),
        )
        for member in cohort.members
    ]
    layout = memory_format(modules[0])
    if cohort.stacked:
        return Stacked([module.to(device) for module in modules]), torch.contiguous_format
    (module,) = modules
    return Separate(module.to(device, memory_format=layout)), layout  # type: ignore[call-overload]


def _table(plan: Plan, run: Run, cohort: Cohort, device: torch.device, layout: torch.memory_format) -> Table:
    """The rows on the device; soft targets only for methods that read them."""
    keys = [plan.teacher_of(member.split) for member in cohort.members]
    own = list(dict.fromkeys(keys))
    targets: Tensor | Sequence[Targets] | None = None
    if cohort.methods[0].needs_teacher:
        stores = [soft_targets(plan, run, key) for key in own]
        fit = sum(store.nbytes for store in stores) <= MOST_BYTES
        targets = torch.from_numpy(np.stack([store.whole() for store in stores])).to(device) if fit else stores
    inputs = torch.from_numpy(plan.data.inputs).to(device, memory_format=layout)
    rows = [member.rows for member in cohort.members]
    training = [each.train for each in rows]
    return Table(
        inputs,
        torch.from_numpy(plan.data.labels).to(device),
        targets,
        torch.tensor([own.index(key) for key in keys], device=device),
        None if plan.views is None else Viewer.of(plan.views, inputs, plan.data.ids, training),
        altered(cohort.answers, plan.study.protocol.seed, plan.data.ids, rows, device),
    )
