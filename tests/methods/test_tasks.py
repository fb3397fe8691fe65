"""Methods take their losses from the task: one class serves all of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from overproof.methods.kd import KD
from overproof.methods.label_smoothing import LabelSmoothing
from overproof.methods.method import Method, Outputs
from overproof.methods.simple import Simple
from overproof.tasks.catalogue import TASKS
from overproof.tasks.task import Task
from tests.losses.invariants import logits


def labels_of(task: Task) -> Tensor:
    if task.classifies:
        return torch.arange(12) % 2
    return (logits(9, classes=2) > 0).double() if task.softens else logits(9, classes=2)


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_kd_weighs_the_hard_and_the_soft_loss_of_the_task(task: Task) -> None:
    student, teacher, labels = logits(1, classes=2), logits(2, classes=2), labels_of(task)
    terms = KD(alpha=0.3, temperature=2.0).loss(Outputs(student, task), Outputs(teacher, task), labels)
    assert (terms["hard"].weight, terms["soft"].weight) == (0.7, 0.3)
    assert torch.equal(terms["hard"].value, task.hard(student, labels))
    assert torch.equal(terms["soft"].value, task.soft(student, teacher, 2.0))
    assert torch.equal(Simple().loss(Outputs(student, task), None, labels)["hard"].value, terms["hard"].value)
    assert list(KD().loss(Outputs(student, task), Outputs(teacher, task), None)) == ["soft"]


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_a_student_that_matches_its_teacher_has_no_soft_loss(task: Task) -> None:
    own = Outputs(logits(1, classes=2), task)
    assert torch.allclose(KD().loss(own, own, None)["soft"].value, torch.zeros(12, dtype=torch.float64))


def test_several_labels_are_smoothed_as_two_classes_each() -> None:
    task = TASKS["multilabel"]
    assert task.smoothed is not None
    student, labels = logits(1, classes=2), labels_of(task)
    found = LabelSmoothing(smoothing=0.2).loss(Outputs(student, task), None, labels)["hard"].value
    assert torch.equal(found, task.smoothed(student, labels, 0.2))


@pytest.mark.parametrize(
    ("method", "task", "said"),
    [
        (KD(), "binary", "kd(alpha=0.9, temperature=4)"),
        (KD(), "regression", "kd(alpha=0.9)"),
        (Simple(), "regression", "simple()"),
    ],
)
def test_a_temperature_is_not_said_where_it_has_no_meaning(method: Method, task: str, said: str) -> None:
    assert method.described(TASKS[task]) == said
    assert bool(method.without_meaning(TASKS[task])) == (task == "regression" and isinstance(method, KD))
