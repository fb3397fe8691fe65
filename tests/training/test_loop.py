"""The loop trains, resumes to the bit, and refuses numbers that are not finite."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from overproof.errors import TrainingError
from overproof.methods.kd import KD
from overproof.methods.simple import Simple
from overproof.training.checkpoint import Checkpoint
from overproof.training.history import History
from overproof.training.loop import Task, fit
from tests.training.conftest import CLASSES, FEATURES

Make = Callable[..., Task]
MakeCheckpoint = Callable[..., Checkpoint]
Fitted = tuple[dict[str, Tensor], History]


def silent(*_: object) -> None:
    """Say nothing."""


class StoppedError(Exception):
    """Stands for whatever ends a process."""


def stop_after(epochs: int) -> Callable[..., None]:
    """Raises when so many epochs are done."""

    def told(epoch: int, *_: object) -> None:
        if epoch > epochs:
            raise StoppedError

    return told


def same(first: Fitted, second: Fitted) -> bool:
    """Whether weights and history agree to the bit."""
    return first[1] == second[1] and all(torch.equal(tensor, second[0][name]) for name, tensor in first[0].items())


def test_it_learns(task: Make, checkpoint: MakeCheckpoint) -> None:
    _, history = fit(task(epochs=40), checkpoint(), silent)
    assert history.hard[-1][0] < 0.5 * history.hard[0][0]
    assert history.soft[-1][0] < history.soft[0][0]


def test_each_epoch_is_told(task: Make, checkpoint: MakeCheckpoint) -> None:
    told: list[tuple[int, float, float | None]] = []
    _, history = fit(task(), checkpoint(), lambda *words: told.append(words))
    assert [epoch for epoch, _, _ in told] == [1, 2, 3, 4, 5, 6]
    assert [hard for _, hard, _ in told] == [values[0] for values in history.hard]
    _, history = fit(task(method=Simple()), checkpoint(), lambda *words: told.append(words))
    assert told[-1][2] is None
    assert history.soft == []


@pytest.mark.parametrize("recipe", [{}, {"optimiser": "sgd"}, {"schedule": "one-cycle", "clip": 0.1}])
@pytest.mark.parametrize("after", [1, 3])
def test_a_stopped_training_continues_to_the_same_bits(
    task: Make, checkpoint: MakeCheckpoint, recipe: dict[str, object], after: int
) -> None:
    straight = fit(task(**recipe, transfer=16), checkpoint(), silent)
    with pytest.raises(StoppedError):
        fit(task(**recipe, transfer=16), checkpoint(0.0), stop_after(after))
    torch.manual_seed(99)  # another process draws other numbers
    left = checkpoint(0.0)
    epochs: list[int] = []
    continued = fit(task(**recipe, transfer=16), left, lambda epoch, *_: epochs.append(epoch))
    assert epochs[0] == after + 1
    assert same(straight, continued)


def test_the_test_above_can_fail(task: Make, checkpoint: MakeCheckpoint) -> None:
    straight = fit(task(), checkpoint(), silent)
    other = task(learning_rate=0.0201)
    assert not same(straight, fit(other, checkpoint(), silent))


def test_dropout_depends_on_the_step_and_not_on_the_generators_state(task: Make, checkpoint: MakeCheckpoint) -> None:
    torch.manual_seed(1)
    first = fit(task(), checkpoint(), silent)
    before = torch.get_rng_state()
    torch.manual_seed(2)
    second = fit(task(), checkpoint(), silent)
    assert same(first, second)
    torch.manual_seed(1)
    fit(task(), checkpoint(), silent)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ["learning_rate", "weight_decay", "optimiser", "schedule", "clip", "precision"])
def test_every_setting_of_the_recipe_has_an_effect(task: Make, checkpoint: MakeCheckpoint, name: str) -> None:
    other = {
        "learning_rate": 0.03,
        "weight_decay": 0.5,
        "optimiser": "sgd",
        "schedule": "one-cycle",
        "clip": 0.01,
        "precision": "bf16",
    }[name]
    assert not same(fit(task(), checkpoint(), silent), fit(task(**{name: other}), checkpoint(), silent))


def test_best_on_validation_is_kept(task: Make, checkpoint: MakeCheckpoint) -> None:
    given = task(epochs=30, learning_rate=0.3)
    best, history = fit(given, checkpoint(), silent)
    losses = [values[0] for values in history.validation]
    assert history.best_epoch == [losses.index(min(losses))]
    assert history.best_epoch[0] < 29, "choose a task whose last epoch is not its best"
    given.networks.load(best)
    given.networks.train(False)
    rows = torch.from_numpy(given.order.members[0].validation)
    logits = given.networks(given.table.inputs[rows].unsqueeze(0))[0]
    loss = nn.functional.cross_entropy(logits, given.table.labels[rows]).item()
    assert loss == pytest.approx(min(losses), rel=1e-5)


def test_patience_ends_training_early(task: Make, checkpoint: MakeCheckpoint) -> None:
    _, history = fit(task(epochs=200, learning_rate=0.3, patience=3), checkpoint(), silent)
    assert len(history.hard) == history.best_epoch[0] + 1 + 3 < 200


def test_a_loss_that_is_not_finite_stops_with_its_place(task: Make, checkpoint: MakeCheckpoint) -> None:
    with pytest.raises(TrainingError, match=r"repeat 0, fold 1, epoch \d+; lower the learning rate"):
        fit(task(learning_rate=1e30, optimiser="sgd"), checkpoint(), silent)


def test_transfer_rows_move_the_student_and_leave_running_statistics(task: Make, checkpoint: MakeCheckpoint) -> None:
    alone, _ = fit(task(epochs=1), checkpoint(), silent)
    helped, _ = fit(task(epochs=1, transfer=16), checkpoint(), silent)
    assert not torch.equal(alone["0.weight"], helped["0.weight"])
    assert int(helped["1.num_batches_tracked"]) == int(alone["1.num_batches_tracked"]) == 4


def test_alpha_zero_is_simple_with_transfer_rows(task: Make, checkpoint: MakeCheckpoint) -> None:
    simple, _ = fit(task(method=Simple()), checkpoint(), silent)
    student, _ = fit(task(method=KD(alpha=0.0), transfer=16), checkpoint(), silent)
    assert all(torch.equal(tensor, student[name]) for name, tensor in simple.items())


def test_frozen_parameters_stay(task: Make, checkpoint: MakeCheckpoint) -> None:
    frozen = nn.Linear(FEATURES, 8).requires_grad_(False)
    before = frozen.weight.clone()
    fit(task(module=nn.Sequential(frozen, nn.ReLU(), nn.Linear(8, CLASSES))), checkpoint(), silent)
    assert torch.equal(frozen.weight, before)


@pytest.mark.parametrize("validated", [True, False])
def test_weights_that_blow_up_in_the_last_step_are_not_kept(
    task: Make, checkpoint: MakeCheckpoint, validated: bool
) -> None:
    given = task(learning_rate=3e38, weight_decay=1e30, optimiser="sgd", epochs=1)
    members = given.order.members
    if not validated:
        members = [dataclasses.replace(member, validation=member.validation[:0]) for member in members]
    given = dataclasses.replace(given, order=dataclasses.replace(given.order, steps=1, members=members))
    with pytest.raises(TrainingError, match="epoch 1"):
        fit(given, checkpoint(), silent)


def test_a_scalar_parameter_can_be_clipped(task: Make, checkpoint: MakeCheckpoint) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.scale = nn.Linear(FEATURES, CLASSES), nn.Parameter(torch.tensor(1.0))

        def forward(self, rows: Tensor) -> Tensor:
            logits: Tensor = self.scale * self.layer(rows)
            return logits

    best, _ = fit(task(module=Scaled(), clip=0.1), checkpoint(), silent)
    assert best["scale"].shape == (1,)
