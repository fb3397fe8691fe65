"""Casting: who plays the teacher and the student, by the names in a study, or live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.models import catalogue, imported, weights
from overproof.models.architecture import Architecture
from overproof.models.fitted import around, inner_shape, with_weights
from overproof.study import Student, Study, Teacher
from overproof.teachers import catalogue as teachers
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.modules import as_told, refuse_beside_a_module, refuse_unless_brought
from overproof.teachers.teacher import Apprentice, Voice

#: How a study names an object that was given in Python and that no file can name.
LIVE = "python:"


def live(value: Any, key: str) -> Any:
    """The object behind a table, or None when it is a name."""
    inner = value.get(key) if isinstance(value, Mapping) else value
    return None if isinstance(inner, str | Path) else inner


def student(value: Any, table: Student, data: Dataset, trust: bool, tokenizer: str | None = None) -> Architecture:
    """The student, built anew for every member.

    Args:
        value: what was given as ``student``, or None.
        table: the study's.
        data: the rows it meets.
        trust: whether the study may name code.
        tokenizer: what made the tokens, where rows are texts, as ``data.tokenizer`` says it.
    """
    made = _architecture(value, table, data, trust, tokenizer)
    started = made if table.weights is None else weights.starting_from(made, Path(table.weights))
    return around(started, data)


def teacher(
    value: Any, table: Teacher, data: Dataset, trust: bool, tokenizer: str | None = None
) -> tuple[Architecture | Apprentice | Ensemble, nn.Module | Voice | None]:
    """The teacher: what is trained in every split, or what it is in words beside what was brought.

    Args:
        value: what was given as ``teacher``, or None.
        table: the study's.
        data: the rows it meets.
        trust: whether the study may name code.
        tokenizer: as for :func:`student`.
    """
    found = teachers.teacher_of(table, live(value, "model"), data, "teacher", trust, tokenizer=tokenizer)
    match found:
        case Voice():
            return Architecture(found.name, _never), found
        case Ensemble():
            members = (around(own, data) if isinstance(own, Architecture) else own for own in found.members)
            return replace(found, members=tuple(members)), None
        case Apprentice():
            return found, None
    made = _architecture(value, table, data, trust, tokenizer)
    brought = _brought(live(value, "model"), made, table, data)
    if brought is None:
        refuse_unless_brought(table, "teacher")
        return around(made, data), None
    return made, as_told(brought, table, data, "teacher")


def _never(shape: Any, classes: int) -> nn.Module:
    raise ModelError("a teacher that is no network cannot be built as one")


def _architecture(
    value: Any, table: Teacher | Student, data: Dataset, trust: bool, tokenizer: str | None
) -> Architecture:
    """The bare architecture: of networks for encoded rows and standardised values."""
    where = "teacher" if isinstance(table, Teacher) else "student"
    model, words = live(value, "model"), _words(data)
    if model is None:
        also = teachers.NAMES if where == "teacher" else ()
        return catalogue.architecture(table, where, trust, tokenizer=tokenizer, also=also, **words)
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
    name = table.model if isinstance(table.model, str) else ""
    name = name if name.startswith(LIVE) else name.partition(":")[2]
    return imported.architecture(name.removeprefix(LIVE), function, table.settings, **words)


def _words(data: Dataset) -> dict[str, int]:
    """What a network for texts has to know of their tokens; nothing where rows are no texts."""
    return {} if data.tokens is None else {"vocabulary": data.tokens.vocabulary, "padding": data.tokens.padding}


def fresh_head(study: Study, data: Dataset) -> str | None:
    """In words, that a student's pretrained weights are for other outputs, so that its head is its own; else None."""
    if study.student.weights is None or LIVE in study.student.model:
        return None
    bare = _architecture(None, study.student, data, trust=True, tokenizer=study.data.tokenizer)
    return weights.fresh_head(bare, Path(study.student.weights), inner_shape(data), len(data.classes))


def _brought(model: Any, made: Architecture, table: Teacher, data: Dataset) -> nn.Module | None:
    """The network that was brought: a live module, or weights that a file holds."""
    if isinstance(model, nn.Module):
        refuse_beside_a_module(table, "teacher")
        return model
    return None if table.weights is None else with_weights(made, Path(table.weights), data)
