"""Models written by the user: ``module:function``, imported only with the user's word."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from overproof.data.arrays import one_line
from overproof.errors import ModelError, OverproofError, StudyError, UnsafeError
from overproof.models.architecture import Architecture

#: What a function may ask to be told of the data, by naming it.
TOLD = ("shape", "classes", "outputs", "vocabulary", "padding")

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


def architecture(
    name: str,
    function: Callable[..., Any],
    settings: Mapping[str, Any] | None = None,
    *,
    vocabulary: int | None = None,
    padding: int | None = None,
) -> Architecture:
    """The architecture of a function that returns a fresh module.

    Args:
        name: as the study has it.
        function: called with ``settings``, and with what it names of the data: ``shape`` of one row, number of
            ``classes`` (or ``outputs``), and for texts their ``vocabulary`` and ``padding``. A setting goes before.
        settings: the user's.
        vocabulary: token numbers are below this; None where rows are no texts.
        padding: the token that means nothing.

    Example:
        >>> made = architecture("mine", lambda width, shape, outputs: nn.Linear(shape[0], outputs), {"width": 3})
        >>> made.fresh((5,), 2)
        Linear(in_features=5, out_features=2, bias=True)
    """
    given = dict(settings or {})

    def build(shape: Sequence[int], classes: int) -> nn.Module:
        try:
            module: nn.Module = function(**{**told(function, shape, classes, vocabulary, padding), **given})
        except TypeError as error:
            raise ModelError(f"{name} cannot be called with {given or 'no settings'}: {one_line(error)}") from error
        except (OverproofError, RuntimeError, MemoryError):  # whoever builds tells about these
            raise
        except Exception as error:  # whatever a user's function raises
            raise ModelError(f"{name} cannot be built ({type(error).__name__}: {one_line(error)})") from error
        return module

    return Architecture(name, build, given)


def told(
    function: Callable[..., Any], shape: Sequence[int], outputs: int, vocabulary: int | None, padding: int | None
) -> dict[str, Any]:
    """What a function asks to be told of the data, of :data:`TOLD`, by name.

    Args:
        function: the user's.
        shape: of one row.
        outputs: how many numbers are expected for a row.
        vocabulary: token numbers are below this; None where rows are no texts.
        padding: the token that means nothing.
    """
    named = _named(function)
    known: dict[str, Any] = {"shape": tuple(shape), "classes": outputs, "outputs": outputs}
    known |= {} if vocabulary is None else {"vocabulary": vocabulary, "padding": padding}
    return {key: value for key, value in known.items() if key in named}


def _named(function: Callable[..., Any]) -> frozenset[str]:
    """Parameters that a function can be given by name."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of a function written in C
        return frozenset()
    return frozenset(each.name for each in found if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY))
