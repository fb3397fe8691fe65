"""Models written by the user: ``module:function``, imported only with the user's word."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from overproof.errors import ModelError, StudyError, UnsafeError
from overproof.models.architecture import Architecture

_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def is_reference(name: str) -> bool:
    """Whether ``name`` has the form ``module:function``.

    Example:
        >>> is_reference("mymodels.small:build"), is_reference("cnn")
        (True, False)
    """
    return _REFERENCE.fullmatch(name) is not None


def load(reference: str, where: str, trust: bool) -> Callable[..., Any]:
    """Import the function that ``module:function`` names.

    Args:
        reference: ``module:function``; the module is found on Python's path, the current folder included.
        where: the key that holds it, for messages.
        trust: whether code named by the study may run.

    Raises:
        UnsafeError: without trust.
        StudyError: when there is no such module or function.
    """
    if not trust:
        raise UnsafeError(
            f"{where} = {reference!r} names code, and a study is not trusted to run code; "
            "read it, then pass --trust-study (trust_study=True in Python)"
        )
    module_name, _, function_name = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), function_name, None)
    except Exception as error:  # whatever a user's module raises while it is imported
        raise StudyError(f"{where} = {reference!r} cannot be imported: {error}") from error
    if not callable(found):
        raise StudyError(f"{where} = {reference!r}: module {module_name!r} has no function {function_name!r}")
    function: Callable[..., Any] = found
    return function


def architecture(name: str, function: Callable[..., Any], settings: Mapping[str, Any] | None = None) -> Architecture:
    """The architecture of a function that returns a fresh module when called with ``settings``."""
    given = dict(settings or {})

    def build(shape: Sequence[int], classes: int) -> nn.Module:
        del shape, classes  # the user's function knows its data
        try:
            module: nn.Module = function(**given)
        except TypeError as error:
            raise ModelError(f"{name} cannot be called with {given or 'no settings'}: {error}") from error
        return module

    return Architecture(name, build, given)
