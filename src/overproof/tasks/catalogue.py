"""The tasks by the name that a study gives them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from overproof.errors import StudyError
from overproof.tasks.binary import BINARY
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.multilabel import MULTILABEL
from overproof.tasks.regression import REGRESSION
from overproof.tasks.task import Task

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in (MULTICLASS, BINARY, MULTILABEL, REGRESSION)})


def metric_of(task: Task, wanted: str) -> str:
    """The metric that a verdict is about.

    Args:
        task: what is asked about a row.
        wanted: as ``protocol.metric`` says it; ``auto`` is the task's headline metric.

    Raises:
        StudyError: when the task has no such metric.

    Example:
        >>> metric_of(BINARY, "auto"), metric_of(BINARY, "roc_auc")
        ('accuracy', 'roc_auc')
    """
    if wanted == "auto":
        return task.headline
    if wanted not in task.metrics:
        known = ", ".join(task.metrics)
        raise StudyError(f'protocol.metric = "{wanted}" is no metric of the task {task.name}, which has {known}')
    return wanted
