"""The catalogue of methods: found by looking into the folder, nothing listed by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import overproof.methods
from overproof import study
from overproof.errors import StudyError, nearest
from overproof.methods.method import Method
from overproof.validation import build


@cache
def catalogue() -> Mapping[str, type[Method]]:
    """Every method by name.

    Example:
        >>> {"kd", "simple"} <= catalogue().keys()
        True
    """
    for module in pkgutil.iter_modules(overproof.methods.__path__):
        importlib.import_module(f"overproof.methods.{module.name}")
    return MappingProxyType({method.name: method for method in Method.__subclasses__()})


def method(table: study.Method) -> Method:
    """The method that a ``[method]`` table describes.

    Raises:
        StudyError: for an unknown name or setting, or a value out of range.
    """
    known = catalogue()
    if table.name not in known:
        raise StudyError(f"method.name = {table.name!r} is not a method; {nearest(table.name, known)}")
    return build(known[table.name], table.settings, "method", beside=type(table).model_fields)
