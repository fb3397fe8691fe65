"""From what the user gave, a study and perhaps live objects, to a plan."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from overproof import __version__, study_file
from overproof.data import sources
from overproof.data.dataset import Dataset, from_arrays, limited
from overproof.device import resolve
from overproof.errors import DataError, ModelError, StudyError, nearest
from overproof.methods.method import Method
from overproof.models import catalogue, imported, weights
from overproof.models.architecture import Architecture, check_fresh, check_outputs
from overproof.plan import Plan
from overproof.study import Student, Study, Teacher
from overproof.targets import codecs, fingerprint

#: How a study names an object that was given in Python and that no file can name.
_LIVE = "python:"
#: What ``data`` may hold as a dictionary, beside the keys of the study's table.
_ARRAYS = ("inputs", "labels", "classes")


@dataclass(frozen=True)
class Given:
    """What the user gave beside, or instead of, a study file. Tables may be dictionaries or live objects."""

    data: Any = None
    teacher: Any = None
    student: Any = None
    method: Any = None
    protocol: Mapping[str, Any] | None = None
    run: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Prepared:
    """A plan, and what identifies the run that carries it out."""

    plan: Plan
    identity: dict[str, Any]
    portable: bool
    """Whether worker processes can build the models and methods by name."""

    @property
    def name(self) -> str:
        """The run folder's name: the data's, and a few digits of the identity."""
        text = json.dumps(self.identity, sort_keys=True)
        return f"{self.plan.data.name}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def prepare(file: Path | Study | None, given: Given, settings: Iterable[str], trust: bool) -> Prepared:
    """Read the study, load the data, build the models and see that they fit together.

    Args:
        file: a study file, a study, or None: the default study, unless data or models are given.
        given: live objects and tables that go over the study's.
        settings: ``table.key=value`` settings, which go over everything.
        trust: whether a study may name code.

    Raises:
        OverproofError: of the class that fits; nothing has been written.
    """
    tables = _tables(given)
    if isinstance(file, Study):
        base = file.model_dump(exclude_none=True)
    elif file is None and any(table in tables for table in ("data", "teacher", "student")):
        base = {}
    else:
        base = study_file.default() if file is None else study_file.read(file)
    from_outside = study_file.from_environment(os.environ)
    study = study_file.checked(base, from_outside, tables, study_file.from_settings(settings))
    data = _data(given.data, study, trust)
    teacher = _architecture(given.teacher, study.teacher, "teacher", trust)
    student = _architecture(given.student, study.student, "student", trust)
    brought = _brought(given.teacher, teacher, study, data)
    plan = Plan(_resolved(study, teacher, student), data, teacher, student, brought is None, brought)
    plan = replace(plan, study=_with_methods(plan))
    _fit_together(plan)
    trained = [study.student.model, *([study.teacher.model] if brought is None else [])]
    portable = not any(_LIVE in model for model in trained) and all(map(_ships, plan.arms.values()))
    return Prepared(plan, _identity(plan), portable)


def _tables(given: Given) -> dict[str, Any]:
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
    return tables


def _table(value: Any, key: str) -> Any:
    if isinstance(value, list) and key == "name":
        return [_table(each, key) for each in value]
    if isinstance(value, Method):
        return {"name": value.name, **value.settings}
    if not isinstance(value, Mapping):
        return {key: _name(value)}
    own = {name: each for name, each in value.items() if name not in _ARRAYS}
    if key in own:
        own[key] = _name(own[key])
    elif len(own) < len(value):
        own[key] = _LIVE + "arrays"
    return own


def _name(value: Any) -> str:
    """How a study names a value: a name as it is, an importable function by its place, anything else as live."""
    if isinstance(value, str):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Dataset):
        return _LIVE + value.name
    if isinstance(value, nn.Module):
        return _LIVE + type(value).__name__
    if callable(value):
        return _place(value) or _LIVE + getattr(value, "__qualname__", type(value).__name__)
    return _LIVE + "arrays"


def _ships(method: Method) -> bool:
    """Whether a method comes with overproof, so that another process finds it."""
    return type(method).__module__.startswith("overproof.")


def _place(function: Callable[..., Any]) -> str | None:
    """``module:function``, where another process would find this very function under that name."""
    module, name = function.__module__, getattr(function, "__qualname__", "")
    found = getattr(sys.modules.get(module), name, None)
    if module == "__main__" or found is not function or importlib.util.find_spec(module) is None:
        return None
    return f"{module}:{name}"


def _live(value: Any, key: str) -> Any:
    """The object behind a table, or None when it is a name."""
    inner = value.get(key) if isinstance(value, Mapping) else value
    return None if isinstance(inner, str | Path) else inner


def _data(value: Any, study: Study, trust: bool) -> Dataset:
    """The rows, from wherever they come, limited as the study says."""
    data = _whole(value, study, trust)
    return data if study.data.limit is None else limited(data, study.data.limit, study.protocol.seed)


def _whole(value: Any, study: Study, trust: bool) -> Dataset:
    if isinstance(value, Dataset):
        return value
    if isinstance(value, Mapping) and "source" not in value and not value.keys().isdisjoint(_ARRAYS):
        if not {"inputs", "labels"} <= value.keys():
            raise DataError(f"data has the keys {sorted(value)}; give inputs and labels (and classes, if you like)")
        return from_arrays(value["inputs"], value["labels"], "arrays", value.get("classes"))
    if isinstance(value, tuple | list) and len(value) == 2:
        inputs, labels = value
        return from_arrays(inputs, labels, "arrays")
    if value is not None and not isinstance(value, str | Path | Mapping):
        raise DataError(f"data must be a pair (inputs, labels), a dictionary or a source, got {type(value).__name__}")
    if imported.is_reference(study.data.source):
        made = imported.load(study.data.source, "data.source", trust)()
        if made is None or isinstance(made, str | Path) or (isinstance(made, Mapping) and "source" in made):
            raise DataError(f"{study.data.source} must return (inputs, labels), got {type(made).__name__}")
        return _whole(made, study, trust)
    return sources.load(study.data, study.protocol.seed)


def _architecture(value: Any, table: Teacher | Student, where: str, trust: bool) -> Architecture:
    model = _live(value, "model")
    if model is None:
        return catalogue.architecture(table, where, trust)
    if isinstance(model, nn.Module):
        if where == "student":
            raise ModelError(
                "student is a module; give a function that returns a fresh one, since it is trained many times"
            )
        return Architecture(type(model).__name__, lambda shape, classes: model)
    if not callable(model):
        raise ModelError(
            f"{where} must be a module, a function that returns one, or a name; got {type(model).__name__}"
        )
    function: Callable[..., Any] = model
    name = table.model if table.model.startswith(_LIVE) else table.model.partition(":")[2]
    return imported.architecture(name.removeprefix(_LIVE), function, table.settings)


def _brought(value: Any, teacher: Architecture, study: Study, data: Dataset) -> nn.Module | None:
    """The teacher that was brought: a live module, or weights that a file holds."""
    model = _live(value, "model")
    if isinstance(model, nn.Module):
        if study.teacher.weights is not None:
            raise StudyError("teacher.weights has no meaning beside a module, which has its weights; leave it out")
        for name in study.teacher.settings:
            raise StudyError(f"[teacher] has no key {name!r} beside a module; {nearest(name, Teacher.model_fields)}")
        return model
    if study.teacher.weights is None:
        return None
    module = teacher.fresh(data.shape, len(data.classes), "shape only")
    path = Path(study.teacher.weights)
    weights.load_into(module, weights.load(path), str(path))
    return module


def _resolved(study: Study, teacher: Architecture, student: Architecture) -> Study:
    """The study with every default of its models written out."""
    tables = {
        "teacher": Teacher.model_validate({**study.teacher.model_dump(), **teacher.settings}),
        "student": Student.model_validate({**study.student.model_dump(), **student.settings}),
    }
    return study.model_copy(update=tables)


def _with_methods(plan: Plan) -> Study:
    """The study with every default of its methods written out."""
    tables = [
        type(table).model_validate({**table.model_dump(), **method.settings})
        for table, method in zip(plan.study.methods, list(plan.methods.values())[1:], strict=True)
    ]
    return plan.study.model_copy(update={"method": tables})


def _fit_together(plan: Plan) -> None:
    """See that splits can be drawn and that both models answer for the data's classes, before anything is written."""
    resolve(plan.study.run.device)
    _ = plan.views, plan.splits, plan.teachers, plan.students
    if plan.brought is not None and plan.study.protocol.teacher_rows == "all":
        raise StudyError('protocol.teacher_rows = "all" has no meaning for a teacher that was brought with its weights')
    rows, classes = torch.from_numpy(plan.data.inputs[:2]), len(plan.data.classes)
    codecs.codec(plan.study.targets, (classes,))
    for who, architecture in (("teacher", plan.teacher), ("student", plan.student)):
        if who == "student" or plan.trains_teacher:
            check_fresh(architecture, plan.data.shape, classes, who)
        module = plan.brought if who == "teacher" and plan.brought is not None else None
        module = architecture.fresh(plan.data.shape, classes, "shape only") if module is None else module
        device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
        check_outputs(module, rows.to(device), classes, who)


def _identity(plan: Plan) -> dict[str, Any]:
    """What makes two runs the same run. Who performs the jobs does not matter; where numbers are computed does."""
    study = plan.study.model_dump(mode="json", exclude_none=True, exclude={"run": {"executor"}})
    study["run"]["device"] = resolve(plan.study.run.device).type
    shape, classes = plan.data.shape, len(plan.data.classes)
    teacher = plan.brought if plan.brought is not None else plan.teacher.fresh(shape, classes, "shape only")
    return {
        "study": study,
        "software": {"overproof": __version__, "torch": torch.__version__},
        "data": plan.data.digest,
        "teacher": fingerprint.digest(teacher),
        "student": fingerprint.digest(plan.student.fresh(shape, classes, "shape only")),
    }
