"""What was given in Python, as the tables of a study: names for what has names, and a mark on what has none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from overproof.casting import LIVE
from overproof.data.dataset import Dataset
from overproof.errors import StudyError
from overproof.methods.method import Method
from overproof.sources.live import BESIDE

#: What ``data`` may hold as a dictionary beside the keys of the study's table: rows, or something about each of them.
_ROWS = ("inputs", "labels", "classes", *BESIDE, "unlabelled", "test")


@dataclass(frozen=True)
class Given:
    """What the user gave beside, or instead of, a study file. Tables may be dictionaries or live objects."""

    data: Any = None
    teacher: Any = None
    student: Any = None
    method: Any = None
    protocol: Mapping[str, Any] | None = None
    run: Mapping[str, Any] | None = None


def tables_of(given: Given) -> dict[str, Any]:
    """What was given, as study tables; live objects become names."""
    tables: dict[str, Any] = {}
    for table, key, value in (
        ("data", "source", given.data),
        ("teacher", "model", given.teacher),
        ("student", "model", given.student),
        ("method", "name", given.method),
    ):
        if value is not None:
            tables[table] = _table(value, key)
    for table, values in (("protocol", given.protocol), ("run", given.run)):
        if values is not None and not isinstance(values, Mapping):
            raise StudyError(f"{table} must be a dictionary of the study's [{table}], got {type(values).__name__}")
        if values is not None:
            tables[table] = dict(values)
    return {table: _plain(values) for table, values in tables.items()}


def _plain(value: Any) -> Any:
    """The same with Python's own numbers in place of numpy's."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _table(value: Any, key: str) -> Any:
    if isinstance(value, list) and key == "name":
        return [_table(each, key) for each in value]
    if isinstance(value, Method):
        return {"name": value.name, **value.settings}
    if not isinstance(value, Mapping):
        return {key: _name(value, key)}
    # "groups" is a column's name, or the group of every row; a teacher's "classes" are a setting
    rows = _ROWS if key == "source" else ()
    own = {name: each for name, each in value.items() if name not in rows or isinstance(each, str | Path)}
    own = {name: str(each) if isinstance(each, Path) else each for name, each in own.items()}
    if key in own:
        lost = [name for name in value if name not in own]
        if lost:
            raise StudyError(
                f"data.{lost[0]} is given as {type(value[lost[0]]).__name__} beside data.source, where it must be the "
                "name of a column or a file; name one, or give the rows themselves, as inputs and labels"
            )
        own[key] = _name(own[key], key)
    elif len(own) < len(value):  # rows without a source
        own[key] = LIVE + "arrays"
    return own


def _name(value: Any, key: str) -> Any:
    """How a study names a value: a name as it is, an importable function by its place, anything else as live."""
    if isinstance(value, str | Path):
        return str(value)
    if isinstance(value, list | tuple) and key == "model":
        return [_table(each, key) if isinstance(each, Mapping) else _name(each, key) for each in value]
    if isinstance(value, Dataset):
        return LIVE + value.name
    if isinstance(value, nn.Module):
        return LIVE + type(value).__name__
    if callable(value):
        return _place(value) or LIVE + getattr(value, "__qualname__", type(value).__name__)
    return LIVE + (type(value).__name__ if key == "model" else "arrays")


def _place(function: Callable[..., Any]) -> str | None:
    """``module:function``, where another process would find this very function under that name."""
    module, name = function.__module__, getattr(function, "__qualname__", "")
    there = sys.modules.get(module)
    importable = module != "__main__" and getattr(there, "__spec__", None) is not None
    return f"{module}:{name}" if importable and getattr(there, name, None) is function else None
