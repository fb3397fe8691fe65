"""Training one cohort of a plan: its networks, its rows, and what its teachers say about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from overproof.data.viewer import Viewer
from overproof.device import one_thread, resolve
from overproof.errors import TrainingError
from overproof.models.architecture import memory_format
from overproof.models.fitted import SCALE, Fitted
from overproof.models.networks import Networks, Separate, Stacked
from overproof.plan import Cohort, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.reading import Targets
from overproof.targets.record import soft_targets
from overproof.training.answers import altered
from overproof.training.checkpoint import Checkpoint
from overproof.training.history import History
from overproof.training.learning import Learning
from overproof.training.loop import Task, fit
from overproof.training.rows import Order, Table

#: Soft targets up to this many bytes are kept on the device; more are read batch by batch.
MOST_BYTES = 1 << 30


def trained(plan: Plan, run: Run, job: str, cohort: Cohort, watcher: Watcher) -> tuple[dict[str, Tensor], History]:
    """Train a cohort to the end, from wherever an earlier attempt of the job has left it.

    Returns:
        Each member's best weights and buffers by name, [members, ...], and the losses by epoch.

    Raises:
        TrainingError: when a loss is not finite, naming the job.
    """
    seed, device = plan.study.protocol.seed, resolve(plan.study.run.device)
    networks, layout = _networks(plan, cohort, device)
    rows = [member.rows for member in cohort.members]
    task = Task(
        networks=networks,
        table=_table(plan, run, cohort, device, layout),
        order=Order(seed, cohort.purpose, plan.data.ids, rows, cohort.steps, cohort.batch),
        learning=Learning(cohort.methods, device, plan.task, _units(plan, networks)),
        recipe=cohort.recipe,
        device=device,
    )

    def told(epoch: int, hard: float, soft: float | None) -> None:
        watcher.epoch(job, epoch, cohort.recipe.epochs, hard, soft)

    try:
        with one_thread():
            return fit(task, Checkpoint(run, job), told)
    except TrainingError as error:
        raise TrainingError(f"{job}: {error}") from error


def _networks(plan: Plan, cohort: Cohort, device: torch.device) -> tuple[Networks, torch.memory_format]:
    """The members with their initial weights, the same for a student and its simple twin."""
    modules = [
        cohort.architecture.fresh(
            plan.data.shape,
            len(plan.data.classes),
            *(plan.study.protocol.seed, "weights", cohort.purpose, member.split.repeat, member.split.fold),
        )
        for member in cohort.members
    ]
    for module, member in zip(modules, cohort.members, strict=True):
        if isinstance(module, Fitted):
            module.fit(plan.data.inputs[member.rows.train], plan.data.labels[member.rows.train])
    layout = memory_format(modules[0])
    if cohort.stacked:
        return Stacked([module.to(device) for module in modules]), torch.contiguous_format
    (module,) = modules
    return Separate(module.to(device, memory_format=layout)), layout  # type: ignore[call-overload]


def _units(plan: Plan, networks: Networks) -> Tensor | None:
    """The unit of each member's values, [members, outputs]; None where outputs have none, whatever a model contains."""
    return networks.state().get(SCALE) if plan.data.task == "regression" else None


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
