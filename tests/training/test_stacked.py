"""Stacked and separate members agree: the same masks, the same statistics, the same weights to rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from overproof.methods.kd import KD
from overproof.methods.method import Method
from overproof.methods.simple import Simple
from overproof.models.networks import Separate, Stacked
from overproof.plan import Answers, Rows
from overproof.study import Training
from overproof.training.answers import altered
from overproof.training.checkpoint import Checkpoint
from overproof.training.history import History
from overproof.training.learning import Learning
from overproof.training.loop import Task, fit
from overproof.training.rows import Order, Table

ROWS, SIDE, CLASSES = 90, 6, 3


class Attention(nn.Module):
    """A transformer's parts with dropout of their own: embedding, attention, layer normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Embedding(SIDE, 8)
        self.enter = nn.Linear(SIDE, 8)
        self.query, self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.norm, self.drop, self.leave = nn.LayerNorm(8), nn.Dropout(0.2), nn.Linear(8, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Each row of the image is a token."""
        tokens = self.enter(images[:, 0]) + self.place(torch.arange(SIDE))
        scores = torch.softmax(self.query(tokens) @ self.key(tokens).transpose(1, 2) / 8**0.5, dim=-1)
        found: Tensor = self.leave(self.norm(tokens + self.drop(scores @ self.value(tokens))).mean(1))
        return found


def mlp() -> nn.Module:
    """Batch normalisation and dropout between linear layers."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(SIDE * SIDE, 12, bias=False),
        nn.BatchNorm1d(12),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(12, CLASSES),
    )


def cnn() -> nn.Module:
    """Convolutions with batch normalisation; a bias before it would have a gradient of mere rounding."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(16, CLASSES),
    )


ARCHITECTURES: list[Callable[[], nn.Module]] = [mlp, cnn, Attention]
METHODS: list[list[Method]] = [
    [Simple()] * 3,
    [KD(alpha=0.5)] * 3,
    [KD(alpha=0.0), KD(alpha=0.9, temperature=2.0), KD(alpha=1.0, temperature=8.0)],
]
RECIPES: list[dict[str, Any]] = [
    {},
    {"optimiser": "sgd", "clip": 0.05},
    {"schedule": "one-cycle", "learning_rate": 0.2, "epochs": 12, "patience": 2},
]


@pytest.fixture
def trained(checkpoint: Callable[..., Checkpoint]) -> Callable[..., tuple[dict[str, Tensor], History]]:
    """Trains the members with these numbers, in float64."""

    def train(
        build: Callable[[], nn.Module],
        methods: Sequence[Method],
        numbers: Sequence[int],
        recipe: dict[str, Any],
        answers: Answers = "teacher",
    ) -> tuple[dict[str, Tensor], History]:
        generator = np.random.default_rng(0)
        inputs = torch.from_numpy(generator.standard_normal((ROWS, 1, SIDE, SIDE)))
        labels = torch.from_numpy(generator.integers(CLASSES, size=ROWS))
        targets = torch.from_numpy(3 * generator.standard_normal((len(methods), ROWS, CLASSES)))
        members = [  # unequal validation rows, as folds have
            Rows(0, number, *np.split(np.roll(np.arange(ROWS), 7 * number), [48, 60 + number])) for number in numbers
        ]
        modules = []
        for number in numbers:
            torch.manual_seed(number)
            modules.append(build().double())
        ids, device = np.arange(ROWS, dtype=np.uint64), torch.device("cpu")
        told = altered(answers, 0, ids, members, device)
        task = Task(
            networks=Stacked(modules) if len(modules) > 1 else Separate(modules[0]),
            table=Table(inputs, labels, targets, torch.tensor(numbers), altered=told),
            order=Order(0, "student", ids, members, steps=4, batch=12),
            learning=Learning([methods[number] for number in numbers], device),
            recipe=Training(**{"epochs": 5, "learning_rate": 0.02, **recipe}),
            device=device,
        )
        return fit(task, checkpoint(), lambda *_: None)

    return train


@pytest.mark.parametrize("build", ARCHITECTURES)
@pytest.mark.parametrize("methods", METHODS, ids=["simple", "kd", "kd with settings of their own"])
@pytest.mark.parametrize("recipe", RECIPES, ids=["adamw", "sgd and clip", "one-cycle and patience"])
def test_stacked_members_are_separate_members(
    trained: Callable[..., tuple[dict[str, Tensor], History]],
    build: Callable[[], nn.Module],
    methods: Sequence[Method],
    recipe: dict[str, Any],
) -> None:
    stacked, history = trained(build, methods, [0, 1, 2], recipe)
    for number in range(3):
        alone, own = trained(build, methods, [number], recipe)
        assert own.best_epoch[0] == history.best_epoch[number]
        for name, tensor in alone.items():
            torch.testing.assert_close(stacked[name][number], tensor[0], rtol=1e-9, atol=1e-9)
        for together, by_itself in ((history.hard, own.hard), (history.validation, own.validation)):
            wanted = [row[0] for row in by_itself]  # shorter where patience ended it before the others
            np.testing.assert_allclose([row[number] for row in together[: len(wanted)]], wanted, rtol=1e-9)


@pytest.mark.parametrize("answers", ["random", "shuffled"])
def test_stacked_controls_are_separate_controls(
    trained: Callable[..., tuple[dict[str, Tensor], History]], answers: Answers
) -> None:
    methods = METHODS[1]
    stacked, _ = trained(mlp, methods, [0, 1, 2], {}, answers)
    taught, _ = trained(mlp, methods, [0, 1, 2], {})
    for number in range(3):
        alone, _ = trained(mlp, methods, [number], {}, answers)
        for name, tensor in alone.items():
            torch.testing.assert_close(stacked[name][number], tensor[0], rtol=1e-9, atol=1e-9)
        assert not torch.allclose(stacked["1.weight"][number], taught["1.weight"][number], rtol=1e-2)


def test_members_do_not_disturb_each_other(trained: Callable[..., tuple[dict[str, Tensor], History]]) -> None:
    methods = METHODS[2]
    first, _ = trained(mlp, methods, [0, 1], {"clip": 0.05})
    second, _ = trained(mlp, [methods[0], KD(alpha=0.2), methods[2]], [0, 1], {"clip": 0.05})
    for name, tensor in first.items():
        assert torch.equal(tensor[0], second[name][0])
        assert name == "2.num_batches_tracked" or not torch.equal(tensor[1], second[name][1])


def test_a_stopped_cohort_continues_to_the_same_bits(checkpoint: Callable[..., Checkpoint]) -> None:
    def task() -> Task:
        generator = np.random.default_rng(0)
        inputs = torch.from_numpy(generator.standard_normal((ROWS, 1, SIDE, SIDE)).astype(np.float32))
        labels = torch.from_numpy(generator.integers(CLASSES, size=ROWS))
        targets = torch.from_numpy(generator.standard_normal((1, ROWS, CLASSES)).astype(np.float32))
        members = [Rows(0, number, *np.split(np.roll(np.arange(ROWS), number), [48, 60])) for number in range(2)]
        torch.manual_seed(0)
        return Task(
            networks=Stacked([mlp(), mlp()]),
            table=Table(inputs, labels, targets, torch.tensor([0, 0])),
            order=Order(0, "student", np.arange(ROWS, dtype=np.uint64), members, steps=4, batch=12),
            learning=Learning([KD(alpha=0.3), KD()], torch.device("cpu")),
            recipe=Training(epochs=5),
            device=torch.device("cpu"),
        )

    def stop(epoch: int, *_: object) -> None:
        if epoch == 4:
            raise InterruptedError

    straight, _ = fit(task(), checkpoint(), lambda *_: None)
    with pytest.raises(InterruptedError):
        fit(task(), checkpoint(0.0), stop)
    continued, _ = fit(task(), checkpoint(0.0), lambda *_: None)
    assert all(torch.equal(tensor, continued[name]) for name, tensor in straight.items())
