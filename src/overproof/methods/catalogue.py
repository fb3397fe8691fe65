"""The catalogue of methods: found by looking into the folder, and among the classes that are alive; none is listed."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import overproof.methods
from overproof import study
from overproof.errors import StudyError, nearest
from overproof.methods.method import Method
from overproof.tasks.task import Task
from overproof.validation import build


def catalogue() -> Mapping[str, type[Method]]:
    """Every method by name: those of the package first, then those of the user, who may define one at any time.

    Raises:
        StudyError: when two methods have the same name.

    Example:
        >>> {"kd", "simple"} <= catalogue().keys()
        True
    """
    for module in pkgutil.iter_modules(overproof.methods.__path__):
        importlib.import_module(f"overproof.methods.{module.name}")
    found: dict[str, type[Method]] = {}
    for method in _defined(Method):  # type: ignore[type-abstract]
        other = found.get(method.name)
        if other is not None and _place(other) != _place(method):
            raise StudyError(
                f"{_place(other)} and {_place(method)} are both methods called {method.name!r}; rename one"
            )
        found[method.name] = method  # the same place again: a cell of a notebook that was run twice; the last one holds
    ours = f"{overproof.methods.__name__}."
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: not item[1].__module__.startswith(ours))))


def _defined(base: type[Method]) -> Iterator[type[Method]]:
    """What can be made of the classes below one, however deep."""
    for method in base.__subclasses__():
        if not inspect.isabstract(method):
            yield method
        yield from _defined(method)


def _place(method: type[Method]) -> str:
    return f"{method.__module__}.{method.__qualname__}"


def method(table: study.Method) -> Method:
    """The method that a ``[method]`` table describes.

    Raises:
        StudyError: for an unknown name or setting, or a value out of range.
    """
    known = catalogue()
    if table.name not in known:
        raise StudyError(f"method.name = {table.name!r} is not a method; {nearest(table.name, known)}")
    return build(known[table.name], table.settings, "method", beside=type(table).model_fields)


def check(method: Method, task: Task, classes: int) -> None:
    """Refuse a method that cannot learn a task.

    Args:
        method: one of the study's.
        task: what is asked about a row.
        classes: how many there are, where there are classes.

    Raises:
        StudyError: saying which tasks it is for, or how many classes it needs.
    """
    if task.name not in method.tasks:
        others = ", ".join(sorted(each.name for each in catalogue().values() if task.name in each.tasks))
        raise StudyError(
            f"method.name = {method.name!r} is for {', '.join(sorted(method.tasks))}, and this task is {task.name}; "
            f"methods for it: {others}"
        )
    if task.classifies and classes < method.fewest_classes:
        raise StudyError(
            f"method.name = {method.name!r} needs at least {method.fewest_classes} classes, and there are {classes}"
        )
