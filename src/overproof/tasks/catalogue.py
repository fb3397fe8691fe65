"""The tasks by the name that a study gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in (MULTICLASS, replace(MULTICLASS, name="binary"))})
