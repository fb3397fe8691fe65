"""The one loop: teachers, students and simple are all trained here, one member or a whole cohort at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from overproof.device import seed
from overproof.errors import TrainingError
from overproof.models.networks import Networks
from overproof.plan import Rows
from overproof.randomness import key
from overproof.study import Training
from overproof.training.checkpoint import Checkpoint
from overproof.training.history import Best, History
from overproof.training.learning import Learning
from overproof.training.optimisation import Optimiser, clip, optimiser
from overproof.training.rows import Order, Table
from overproof.training.schedule import learning_rate

#: Validation rows in one forward pass.
VALIDATION_BATCH = 1024

#: Called after each epoch with its number (from 1) and the mean hard and soft loss.
OnEpoch = Callable[[int, float, float | None], None]


@dataclass(frozen=True)
class Task:
    """All that training a cohort depends on."""

    networks: Networks
    table: Table
    order: Order
    learning: Learning
    recipe: Training
    device: torch.device


def fit(task: Task, checkpoint: Checkpoint, on_epoch: OnEpoch) -> tuple[dict[str, Tensor], History]:
    """Train a cohort to the end and return each member's best weights.

    The draws of dropout are keyed by the step, so an interruption cannot change them; the global generators of PyTorch
    are left as they were found.

    Args:
        task: what to train, on what, and how.
        checkpoint: where to resume from, and where to leave progress for a later attempt.
        on_epoch: told after each epoch.

    Returns:
        Parameters and buffers by name, each [members, ...], and the losses by epoch.

    Raises:
        TrainingError: when a loss is not finite, naming repeat, fold and epoch.
    """
    optimise = optimiser(task.networks.parameters, task.recipe)
    history, best = History(), Best.none_yet(task.networks.members, task.recipe.patience)
    start = checkpoint.restore(task.networks, optimise, best, history)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        for epoch in range(start, task.recipe.epochs):
            hard, soft = _epoch(task, optimise, epoch)
            _refuse_unless_finite(hard, soft, task.order.members, epoch)
            history.hard.append(hard.tolist())
            if soft is not None:
                history.soft.append(soft.tolist())
            losses = validation_losses(task)
            if losses is not None:
                _refuse_unless_finite(losses, None, task.order.members, epoch)
                history.validation.append(losses.tolist())
            best.offer(epoch, losses, task.networks.state())
            on_epoch(epoch + 1, float(hard.mean()), None if soft is None else float(soft.mean()))
            if best.all_ended(epoch):
                break
            checkpoint.leave(epoch + 1, task.networks, optimise, best, history)
    for tensor in best.state.values():
        finite = torch.isfinite(tensor).reshape(len(tensor), -1).all(dim=1).float().log()
        _refuse_unless_finite(finite, None, task.order.members, task.recipe.epochs - 1)
    history.best_epoch = best.epoch.tolist()
    return best.state, history


def _epoch(task: Task, optimise: Optimiser, epoch: int) -> tuple[Tensor, Tensor | None]:
    """One pass; returns the mean hard and soft loss of every member, each [members]."""
    task.networks.train(True)
    labelled = task.order.labelled(epoch).to(task.device)
    transfer = task.order.transfer(epoch) if task.learning.needs_teacher else None
    transfer = None if transfer is None else transfer.to(task.device)
    sums: dict[str, Tensor] = {}
    steps, all_steps = len(labelled), len(labelled) * task.recipe.epochs
    for step in range(steps):
        number = epoch * steps + step
        seed(task.device, key(task.order.seed, "dropout", number))
        total, means = _losses(task, epoch, labelled[step], None if transfer is None else transfer[step])
        total.backward()  # type: ignore[no-untyped-call]
        if task.recipe.clip is not None:
            clip(task.networks.parameters, task.recipe.clip, task.networks.members)
        optimise.step(learning_rate(task.recipe, number, all_steps))
        for name, mean in means.items():
            sums[name] = sums[name] + mean if name in sums else mean
    hard = sums["hard"] / steps
    return hard.cpu(), (sums["soft"] / steps).cpu() if "soft" in sums else None


def _losses(task: Task, epoch: int, labelled: Tensor, transfer: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss to minimise, summed over members, and the unweighted mean of each term, [members]."""
    batch = task.table.at(labelled, epoch)
    total, means = task.learning.losses(_forward(task, batch.inputs), batch, labels=True)
    if transfer is not None:
        extra = task.table.at(transfer, epoch)
        total = total + task.learning.losses(_forward(task, extra.inputs, trace=False), extra, labels=False)[0]
    return total.sum(), means


def _forward(task: Task, inputs: Tensor, *, trace: bool = True) -> Tensor:
    with torch.autocast(task.device.type, torch.bfloat16, enabled=task.recipe.precision == "bf16"):
        return task.networks(inputs, trace=trace)


@torch.no_grad()
def validation_losses(task: Task) -> Tensor | None:
    """Mean hard loss of every member on its validation rows, [members]; None when there are no such rows."""
    own = [torch.from_numpy(member.validation) for member in task.order.members]
    if not all(len(rows) for rows in own):
        return None
    task.networks.train(False)
    rows = nn.utils.rnn.pad_sequence(own, batch_first=True).to(task.device)
    counts = torch.tensor([len(rows) for rows in own], device=task.device)
    counted = torch.arange(rows.shape[1], device=task.device) < counts.unsqueeze(1)
    rows = torch.where(counted, rows, rows[:, :1])  # what fills up has a label, too: no times NaN would be NaN
    losses = [
        task.learning.hard(_forward(task, task.table.inputs[part]), task.table.labels[part])
        for part in torch.split(rows, VALIDATION_BATCH, dim=1)
    ]
    return ((torch.cat(losses, dim=1) * counted).sum(dim=1) / counts).cpu()


def _refuse_unless_finite(hard: Tensor, soft: Tensor | None, members: Sequence[Rows], epoch: int) -> None:
    finite = torch.isfinite(hard) if soft is None else torch.isfinite(hard) & torch.isfinite(soft)
    if not bool(finite.all()):
        member = members[int((~finite).nonzero()[0])]
        raise TrainingError(
            f"the loss is not finite in repeat {member.repeat}, fold {member.fold}, epoch {epoch + 1}; "
            "lower the learning rate, or set clip"
        )
