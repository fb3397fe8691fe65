"""One sentence out of a pydantic validation error: which key, what was found, what is allowed, the nearest name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from overproof.errors import StudyError, nearest

Model = TypeVar("Model", bound=BaseModel)
Settings = TypeVar("Settings")

#: Nothing undeclared, nothing infinite, no silent conversion (``epochs = true`` is not 1).
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def validate(model: type[Model], values: Mapping[str, Any], where: str = "") -> Model:
    """Build ``model`` from ``values``; a mistake is a :class:`StudyError` of one sentence.

    Args:
        model: a pydantic model.
        values: its fields.
        where: the table the values came from, put before the key in messages.

    Raises:
        StudyError: naming the key, what was found and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise StudyError(_sentence(error, model, where)) from None


def build(cls: type[Settings], values: Mapping[str, Any], where: str, beside: Iterable[str] = ()) -> Settings:
    """Build a dataclass whose fields are annotated with pydantic ranges, under the same rules as a study table.

    Args:
        cls: a dataclass; its fields are the allowed keys.
        values: the settings.
        where: the table they came from, as in ``method`` or ``teacher``.
        beside: the table's own keys, which a misspelt setting may have meant.

    Raises:
        StudyError: naming the key, what was found and what is allowed.
    """
    hints = get_type_hints(cls, include_extras=True)
    defaults = {field.name: field.default for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in defaults:
            raise StudyError(f"[{where}] has no key {name!r}; {nearest(name, [*defaults, *beside])}")
    fields: dict[str, Any] = {
        name: (hints[name], ... if default is dataclasses.MISSING else default) for name, default in defaults.items()
    }
    return cls(**dict(validate(create_model(cls.__name__, __config__=STRICT, **fields), values, where)))


def _sentence(error: ValidationError, model: type[BaseModel] | None, where: str) -> str:
    errors = error.errors(include_url=False, include_context=True)
    first = errors[0]
    path = _declared(model, first["loc"])
    name = ".".join([where, *path] if where else path)
    if first["type"] == "extra_forbidden":
        table = ".".join([where, *path[:-1]] if where else path[:-1])
        place = f"[{table}] has no key" if table else "the study has no table or key"
        return f"{place} {path[-1]!r}; {nearest(path[-1], _keys(model, path[:-1]))}"
    if first["type"] == "missing":
        return f"{name} is required"
    if first["type"] == "value_error" and not path:
        return str(first["ctx"]["error"])
    # a key that may be one of several kinds has an error for each; those that got furthest say what was meant
    same = [each for each in errors if _declared(model, each["loc"]) == path]
    depth = max(_depth(each["loc"]) for each in same)
    furthest = [each for each in same if _depth(each["loc"]) == depth]
    nearest_miss = [each for each in furthest if each["type"] in ("too_short", "too_long")] or furthest
    return f"{name} must {_demands(nearest_miss)}, got {_shown(nearest_miss[0]['input'])}"


def _depth(place: Iterable[int | str]) -> int:
    """How many lists an error lies in."""
    return sum(isinstance(part, int) for part in place)


def _declared(model: type[BaseModel] | None, place: Iterable[int | str]) -> list[str]:
    """The keys of a place; what pydantic says about the kinds that a value may be is left out."""
    current, path = model, []
    for part in place:
        if isinstance(part, int):
            continue
        path.append(part)
        field = None if current is None else current.model_fields.get(part)
        current = None if field is None else _inner(field.annotation)
        if current is None:
            break
    return path


#: What pydantic wanted, as the end of "must …"; braces are filled from the error's context.
_DEMANDS = {
    "greater_than": "be greater than {gt:g}",
    "greater_than_equal": "be at least {ge:g}",
    "less_than": "be less than {lt:g}",
    "less_than_equal": "be at most {le:g}",
    "literal_error": "be {expected}",
    "finite_number": "be finite",
    "int_type": "be a whole number",
    "float_type": "be a number",
    "bool_type": "be true or false",
    "string_type": "be a string",
    "list_type": "be a list",
    "dict_type": "be a table",
    "model_type": "be a table",
    "too_short": "have {min_length} or more entries",
    "too_long": "have at most {max_length} entries",
    "value_error": "{error}",
}


def _demands(errors: Iterable[Mapping[str, Any]]) -> str:
    """What is demanded, of any of several kinds: ``be 'auto' or true or false``."""
    demands = list(dict.fromkeys(map(_demand, errors)))
    if len(demands) == 1 or not all(each.startswith("be ") for each in demands):
        return demands[0]
    kinds = [each.removeprefix("be ") for each in demands]
    words = [word for kind in kinds for word in kind.replace(" or ", ", ").split(", ")]
    if all(kind.startswith("'") for kind in kinds):  # words that are allowed, in two lists
        return f"be {', '.join(words[:-1])} or {words[-1]}"
    return f"be {' or '.join(kinds)}"


def _demand(first: Mapping[str, Any]) -> str:
    template = _DEMANDS.get(first["type"])
    if template is not None:
        return template.format(**first.get("ctx", {}))
    message = str(first["msg"])
    return "be valid: " + message[:1].lower() + message[1:]


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _keys(model: type[BaseModel] | None, path: Iterable[str]) -> list[str]:
    """The keys allowed at ``path`` inside ``model``."""
    current = model
    for part in path:
        field = None if current is None else current.model_fields.get(part)
        current = _inner(field.annotation) if field is not None else current
    return [] if current is None else list(current.model_fields)


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner(argument)
        if found is not None:
            return found
    return None
