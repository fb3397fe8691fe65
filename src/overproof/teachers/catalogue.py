"""From a ``[teacher]`` table, or what was given live, to a teacher that is no network of our own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from torch import nn

from overproof.data.dataset import Dataset
from overproof.errors import ModelError, StudyError
from overproof.models import catalogue as models
from overproof.models import imported
from overproof.models.architecture import Architecture
from overproof.models.fitted import with_weights
from overproof.study import Teacher
from overproof.teachers import boosting, scikit
from overproof.teachers.ensemble import Ensemble, Member, together
from overproof.teachers.estimators import Estimator
from overproof.teachers.function import Function, answers_rows
from overproof.teachers.given import Given
from overproof.teachers.modules import as_told, refuse_beside_a_module, refuse_unless_brought, title
from overproof.teachers.onnx import ONNX
from overproof.teachers.predictions import Predictions
from overproof.teachers.teacher import Apprentice, Voice
from overproof.teachers.transformers import Transformers, has_weights
from overproof.validation import validate

#: What a study may name that is no network of our own, for listings and for the nearest name.
NAMES = ("sklearn:Class", *boosting.NAMES, "onnx:FILE", "predictions:FILE", "hf:FOLDER", "module:function")

#: What reads the files behind a name, by what the name begins with.
_FILES: Mapping[str, Callable[[Path, Teacher, Dataset, str], Voice]] = MappingProxyType(
    {"onnx": ONNX, "predictions": Predictions, "hf": Transformers}
)
#: Keys that belong to the teacher as a whole, and not to a member of an ensemble.
_WHOLE = ("training", "cross_fit", "leak")


def teacher_of(
    table: Teacher, live: Any, data: Dataset, where: str, trust: bool, *, tokenizer: str | None = None
) -> Voice | Apprentice | Ensemble | None:
    """The teacher that a table describes, or that was given live.

    Args:
        table: ``[teacher]``.
        live: the object behind it; None where the table names it. Of an ensemble, the list: names, tables and objects.
        data: what it answers about.
        where: the table, for messages.
        trust: whether ``module:function`` may be imported.
        tokenizer: what made the tokens, where rows are texts, as ``data.tokenizer`` says it.

    Returns:
        None where it is a network: a module, something that builds one, or a name of the models' catalogue.

    Raises:
        StudyError: for a name, a setting or a combination that makes no sense.
        ModelError: when it does not fit the data.
        MissingInputError: when its file does not exist.
        MissingExtraError: when its library is not installed.
        UnsafeError: for ``module:function`` without trust, and files that could run code or read elsewhere.
    """
    if table.output != "auto" and (table.output == "values") != (data.task == "regression"):
        raise StudyError(f'{where}.output = "{table.output}" has no meaning for {data.task}')
    members = live if isinstance(live, list | tuple) else table.model if live is None else None
    if isinstance(members, list | tuple):
        return _ensemble(table, members, data, where, trust, tokenizer=tokenizer)
    found = _named(table, data, where, trust) if live is None else _live(table, live, data, where)
    if found is not None:
        _check_keys(table, found, where)
    return found


def _check_keys(table: Teacher, found: Voice | Apprentice, where: str) -> None:
    """Refuse what has no meaning beside such a teacher."""
    for key in ("classes", "output", "version"):
        if isinstance(found, Apprentice) and getattr(table, key) not in (None, "auto"):
            raise StudyError(f"{where}.{key} has no meaning for a teacher that is fitted to the data; leave it out")
    if table.weights is not None:
        raise StudyError(f"{where}.weights is for networks; {found.name} has all it needs, leave it out")


def _named(table: Teacher, data: Dataset, where: str, trust: bool) -> Voice | Apprentice | None:
    model = str(table.model)
    kind, _, rest = model.partition(":")
    if model in boosting.NAMES or kind == "sklearn":
        library, name = (boosting, model) if model in boosting.NAMES else (scikit, rest)
        estimator = library.prototype(name, table.settings, data.task, where)
        return Estimator(_titled(model, table.settings), estimator, data.task, table.settings)
    if kind in _FILES:
        brought = kind != "hf" or _holds_weights(Path(rest))
        return _FILES[kind](Path(rest), table, data, where) if brought else None
    if kind != "timm" and imported.is_reference(model):
        function = imported.load(model, f"{where}.model", trust)
        return Function(function, table, data, model) if answers_rows(function, table.settings) else None
    return None


def _holds_weights(path: Path) -> bool:
    return path.is_dir() and has_weights(path)


def _titled(model: str, settings: Mapping[str, Any]) -> str:
    return str(Architecture(model, lambda shape, classes: nn.Identity(), settings))


def _live(table: Teacher, live: Any, data: Dataset, where: str) -> Voice | Apprentice | None:
    if isinstance(live, nn.Module):
        return None
    if isinstance(live, Voice | Apprentice):
        return live
    name = type(live).__name__
    if isinstance(live, type) and scikit.looks_like_one(_Instance(live)):
        raise ModelError(f"{where} is the class {live.__name__}; give an instance of it, {live.__name__}(...)")
    if scikit.looks_like_one(live):
        for setting in table.settings:
            raise StudyError(f"[{where}] has no key {setting!r} beside a live {name}, which has its own settings")
        return Given(live, table, data, name) if scikit.is_fitted(live) else Estimator(name, live, data.task, {})
    if callable(live) and answers_rows(live, table.settings):
        return Function(live, table, data, getattr(live, "__name__", name))
    return None


class _Instance:
    """What the instances of a class will have."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cls, name)


def _ensemble(
    table: Teacher, members: Sequence[Any], data: Dataset, where: str, trust: bool, *, tokenizer: str | None
) -> Ensemble | Voice:
    for key in ("weights", "classes", "version"):
        if getattr(table, key) is not None:
            raise StudyError(f"{where}.{key} has no meaning beside a list; say it in the table of a member")
    if table.output != "auto":
        raise StudyError(f"{where}.output has no meaning beside a list; say it in the table of a member")
    for setting in table.settings:
        raise StudyError(f"[{where}] has no key {setting!r} beside a list; settings stand in the table of a member")
    if not members:
        raise StudyError(f"{where}.model is an empty list; name at least one teacher")
    made = [_member(each, data, f"{where}.model[{place}]", trust, tokenizer) for place, each in enumerate(members)]
    names = ", ".join(name for _, _, name in made)
    return together([member for member, _, _ in made], [share for _, share, _ in made], f"ensemble of {names}")


def _member(value: Any, data: Dataset, where: str, trust: bool, tokenizer: str | None) -> tuple[Member, float, str]:
    """A member of an ensemble, its share and its name."""
    values = dict(value) if isinstance(value, Mapping) else {"model": value}
    share = _share(values.pop("share", 1.0), where)
    for key in _WHOLE:
        if key in values:
            raise StudyError(f"{where}.{key} belongs to the teacher as a whole; say it under [teacher]")
    model = values.get("model")
    if isinstance(model, list | tuple):
        raise StudyError(f"{where} is a list; an ensemble has no ensembles in it")
    if model is None:
        raise StudyError(f"{where}.model is required")
    live = None if isinstance(model, str | Path) else model
    values["model"] = str(model) if live is None else f"python:{type(model).__name__}"
    table = validate(Teacher, values, where)
    found = teacher_of(table, live, data, where, trust)
    if found is not None:
        assert not isinstance(found, Ensemble)
        return found, share, found.name
    network = _network(table, live, data, where, trust, tokenizer=tokenizer)
    return network, share, str(network) if isinstance(network, Architecture) else title(network)


def _share(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value > 0):
        raise StudyError(f"{where}.share must be a number greater than 0, got {value!r}")
    return float(value)


def _network(
    table: Teacher, live: Any, data: Dataset, where: str, trust: bool, *, tokenizer: str | None
) -> Architecture | nn.Module:
    """A network as a member: brought where it has weights, trained in every split where it has none."""
    if isinstance(live, nn.Module):
        refuse_beside_a_module(table, where)
        return as_told(live, table, data, where)
    if live is not None and not callable(live):
        raise ModelError(f"{where} must be a name, a module, an estimator or a function; got {type(live).__name__}")
    vocabulary, padding = (None, None) if data.tokens is None else (data.tokens.vocabulary, data.tokens.padding)
    if live is not None:
        name = getattr(live, "__name__", type(live).__name__)
        made = imported.architecture(name, live, table.settings, vocabulary=vocabulary, padding=padding)
    else:
        made = models.architecture(
            table, where, trust, vocabulary=vocabulary, padding=padding, tokenizer=tokenizer, also=NAMES
        )
    if table.weights is None:
        refuse_unless_brought(table, where)
        return made
    return as_told(with_weights(made, Path(table.weights), data), table, data, where)
