"""Every task hangs together: losses, what is said, metrics, and the metric that a verdict is about."""

from __future__ import annotations

import typing

import numpy as np
import pytest
import torch

from overproof import results, study
from overproof.errors import StudyError
from overproof.evaluating.wording import WORDING
from overproof.tasks.catalogue import TASKS, metric_of
from overproof.tasks.task import Task

OUTPUTS = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))


def labels_of(task: Task) -> torch.Tensor:
    if task.classifies:
        return torch.arange(9) % 2
    return (OUTPUTS.flip(0) > 0).float() if task.softens else OUTPUTS.flip(0)


def outputs_of(task: Task) -> torch.Tensor:
    return OUTPUTS[:, :2] if task.name == "binary" else OUTPUTS


@pytest.fixture(params=list(TASKS.values()), ids=list(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    found: Task = request.param
    return found


def test_tasks_are_those_of_a_study() -> None:
    assert list(TASKS) == list(typing.get_args(study.Task))
    assert all(task.name == name for name, task in TASKS.items())


def test_metrics_are_those_of_a_study_and_have_a_direction_and_words(task: Task) -> None:
    assert task.metrics.keys() <= {*typing.get_args(study.Metric)}
    assert {*task.metrics, *task.likeness} <= results.DIRECTION.keys()
    assert task.metrics.keys() <= WORDING.keys()
    assert task.headline in task.metrics
    assert task.of_rows.keys() <= task.metrics.keys()


def test_losses_and_metrics_take_what_a_model_says(task: Task) -> None:
    outputs, labels = outputs_of(task), labels_of(task)
    for loss in (task.hard(outputs, labels), task.soft(outputs, outputs.flip(0), 2.0)):
        assert loss.shape == (9,)
        assert torch.isfinite(loss).all()
    said = task.said(outputs.numpy())
    assert said.dtype == np.float64
    for metric in task.metrics.values():
        assert np.isfinite(metric(said, labels.numpy()))
    for name, by_row in task.of_rows.items():
        assert np.mean(by_row(said, labels.numpy())) == pytest.approx(task.metrics[name](said, labels.numpy()))
    for near in task.likeness.values():
        assert np.isfinite(near(said, task.said(outputs.flip(0).numpy())))


def test_the_hard_loss_is_what_its_log_loss_or_square_says(task: Task) -> None:
    outputs, labels = outputs_of(task).double(), labels_of(task)
    loss, said = float(task.hard(outputs, labels).mean()), task.said(outputs.numpy())
    if task.softens:
        assert loss == pytest.approx(task.metrics["log_loss"](said, labels.numpy()))
    else:
        assert loss == pytest.approx(np.mean((said - labels.numpy()) ** 2))


def test_a_task_can_be_smoothed_where_labels_are_answers(task: Task) -> None:
    assert (task.smoothed is not None) == task.softens
    if task.smoothed is not None:
        outputs, labels = outputs_of(task), labels_of(task)
        assert torch.equal(task.smoothed(outputs, labels, 0.0), task.hard(outputs, labels))


@pytest.mark.parametrize(
    ("name", "headline"),
    [("multiclass", "accuracy"), ("binary", "accuracy"), ("multilabel", "average_precision"), ("regression", "rmse")],
)
def test_auto_is_the_headline_metric(name: str, headline: str) -> None:
    assert metric_of(TASKS[name], "auto") == headline
    assert metric_of(TASKS[name], headline) == headline


def test_a_metric_of_another_task_is_refused_by_name() -> None:
    with pytest.raises(StudyError) as caught:
        metric_of(TASKS["regression"], "accuracy")
    assert (
        str(caught.value) == 'protocol.metric = "accuracy" is no metric of the task regression, which has rmse, mae, r2'
    )
    with pytest.raises(StudyError, match="which has accuracy, balanced_accuracy, log_loss, brier, ece, ece_equal_mass"):
        metric_of(TASKS["multiclass"], "roc_auc")
