"""``overproof methods``: the catalogue, in words."""

from __future__ import annotations

import dataclasses
import inspect

from overproof.errors import StudyError, nearest
from overproof.methods.catalogue import catalogue
from overproof.methods.method import Method


def describe(name: str | None = None) -> str:
    """All methods, a line each; or one in full.

    Args:
        name: a method, or None for all.

    Raises:
        StudyError: for an unknown name.

    Example:
        >>> print(describe("simple").splitlines()[0])
        simple — The student's twin, trained on the labels alone with cross-entropy.
    """
    known = catalogue()
    if name is None:
        return "\n".join(_line(method) for _, method in sorted(known.items()))
    if name not in known:
        raise StudyError(f"{name!r} is not a method; {nearest(name, known)}")
    return _page(known[name])


def _line(method: type[Method]) -> str:
    return f"{method.name} — {(inspect.getdoc(method) or '').splitlines()[0].replace('``', '')}"


def _page(method: type[Method]) -> str:
    needs = "the teacher's logits (stored soft targets suffice)" if method.needs_teacher else "no teacher"
    settings = [f"{field.name} = {field.default}" for field in dataclasses.fields(method)]
    return "\n".join(
        [
            _line(method),
            f"  needs     {needs}",
            f"  settings  {', '.join(settings) or 'none'}",
            *([f"  paper     {method.paper}"] if method.paper else []),
        ]
    )
