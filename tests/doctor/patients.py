"""Studies to examine: rows whose best classifier is known, a teacher that is it, and a small student."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from overproof.doctor.finding import Finding, Unchecked
from overproof.plan import Plan
from overproof.verbs.preparing import Given, prepare
from tests.methods.shipped import SHIPPED

CLASSES, FEATURES, NOISE = 4, 8, 4
CENTRES = np.random.default_rng(7).standard_normal((CLASSES, FEATURES))


def rows(count: int = 480, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Normal clouds around the centres, and features that mean nothing: the best classifier is right on about 0.95."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    near = CENTRES[labels] + 0.8 * generator.standard_normal((count, FEATURES))
    return np.concatenate([near, generator.standard_normal((count, NOISE))], axis=1).astype(np.float32), labels


class Best(nn.Module):
    """The best classifier of :func:`rows`, with more parameters than it needs."""

    def __init__(self, order: Sequence[int] = range(CLASSES), scale: float = 1.0) -> None:
        super().__init__()
        self.linear = nn.Linear(FEATURES + NOISE, CLASSES)
        self.spare = nn.Parameter(torch.zeros(500))
        self.register_buffer("calls", torch.zeros(()))
        centres = CENTRES[list(order)]
        with torch.no_grad():
            self.linear.weight.zero_()
            self.linear.weight[:, :FEATURES] = torch.from_numpy(centres / 0.8**2 / scale)
            self.linear.bias.copy_(torch.from_numpy(-(centres**2).sum(1) / 2 / 0.8**2))

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.linear(inputs)
        return logits


def small() -> nn.Module:
    return nn.Linear(FEATURES + NOISE, CLASSES)


STUDENT: dict[str, Any] = {"model": small, "training": {"epochs": 10, "learning_rate": 0.02}}


def plan(*settings: str, **given: Any) -> Plan:
    """A healthy study, but for what is given."""
    whole = {"data": rows(), "teacher": Best(), "student": STUDENT, "protocol": {"folds": 4}, **given}
    return prepare(None, Given(**whole), settings, trust=False).plan


#: The methods of the package, with every task that they are for.
OURS = [(name, task) for name, kind in SHIPPED.items() for task in sorted(kind.tasks)]
TASKS = ("multiclass", "binary", "multilabel", "regression")


def labels_of(task: str, count: int = 480, seed: int = 0) -> np.ndarray:
    """Labels of :func:`rows` for another task: whether a class is above 1; the two halves of its number; a place."""
    inputs, classes = rows(count, seed)
    match task:
        case "binary":
            return np.where(classes > 1, "yes", "no")
        case "multilabel":
            return np.stack([classes > 1, classes % 2 == 1, classes == 0], axis=1).astype(np.float32)
        case "regression":
            noise = np.random.default_rng(seed + 1).standard_normal((count, 2))
            values: np.ndarray = 1000 + 50 * inputs[:, :2] + 20 * inputs[:, 2:4] + 10 * noise
            return values.astype(np.float32)
    return classes


def plan_of(task: str, *settings: str, count: int = 480, **given: Any) -> Plan:
    """A healthy study of a task, its teacher a small network that is trained in it."""
    data = {"inputs": rows(count)[0], "labels": labels_of(task, count), "task": task}
    teacher = {"model": "mlp", "width": 32, "training": {"epochs": 15, "learning_rate": 0.01}}
    student = {"model": "mlp", "width": 4, "training": {"epochs": 10, "learning_rate": 0.02}}
    whole = {"data": data, "teacher": teacher, "student": student, "protocol": {"folds": 4}, **given}
    return prepare(None, Given(**whole), settings, trust=False).plan


def checks(found: Iterable[Finding | Unchecked]) -> list[tuple[str, str]]:
    """Names and severities of findings."""
    return [(each.check, each.severity) for each in found if isinstance(each, Finding)]


def only(found: Iterable[Finding | Unchecked]) -> Finding:
    """The one finding there is."""
    (finding,) = [each for each in found if isinstance(each, Finding)]
    return finding
