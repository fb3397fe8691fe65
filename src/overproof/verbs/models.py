"""``overproof models``: what can be a student or a network as a teacher, and what it costs at the study's rows."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import torch
from torch import nn

from overproof import casting
from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import OverproofError
from overproof.models import catalogue, imported
from overproof.models.architecture import Architecture, Kind, Reference, kind_of
from overproof.models.cost import macs, parameters
from overproof.study import Student, Study
from overproof.verbs.naming import Given
from overproof.verbs.preparing import rows_of, study_of

#: Forms of names, what is behind them, and the package and extra that they need.
_FORMS = (
    ("timm:NAME", "any image model of the timm library", "timm", "vision"),
    ("hf:PATH", "a text or image classifier of transformers: a configuration file, or a folder", "transformers", "hf"),
    ("module:function", "a function of yours that returns a fresh torch.nn.Module", None, None),
)


@dataclass(frozen=True)
class Setting:
    """A setting of a model."""

    name: str
    default: str
    allowed: str
    """In words; empty where anything goes."""

    def __str__(self) -> str:
        return f"{self.name} = {self.default}" + (f" ({self.allowed})" if self.allowed else "")


@dataclass(frozen=True)
class Cost:
    """What one network costs."""

    parameters: int
    macs: int | None
    """Multiply-accumulate operations for one row; None where they cannot be counted."""

    def __str__(self) -> str:
        return f"{self.parameters:,} parameters, {'uncounted' if self.macs is None else f'{self.macs:,}'} MACs"


@dataclass(frozen=True)
class Listed:
    """A model of the catalogue."""

    name: str
    summary: str
    takes: tuple[Kind, ...]
    """The rows it is for; none where it does not say."""
    settings: tuple[Setting, ...]
    paper: str | None
    here: Cost | str
    """With its defaults, at the study's rows; or why not, in words."""


@dataclass(frozen=True)
class Listing:
    """The catalogue, as a study's data see it."""

    data: str
    shape: tuple[int, ...]
    kind: Kind
    outputs: int
    models: tuple[Listed, ...]
    study: dict[str, tuple[str, Cost | str]]
    """Teacher and student of the study: the model in words, and its cost."""


def listing(file: Path | Study | None = None, settings: Iterable[str] = (), *, trust_study: bool = False) -> Listing:
    """Every model, with its settings, the rows it takes, and what it costs at the study's rows.

    Args:
        file: a study file, a study, or None for the default study.
        settings: ``table.key=value`` settings, which go over the study's.
        trust_study: whether the study may name code.

    Raises:
        OverproofError: when the study cannot be read, or its data cannot be loaded.

    Example:
        >>> found = listing(settings=["data.limit=20"])
        >>> found.shape, found.kind, [str(model.here) for model in found.models if model.name in ("mlp", "transformer")]
        ((1, 8, 8), 'images', ['26,122 parameters, 25,856 MACs', 'texts only'])
    """
    study = study_of(file, Given(), settings)
    data = rows_of(None, study, trust_study)
    kind, tokenizer = kind_of(data.shape, texts=data.tokens is not None), study.data.tokenizer
    return Listing(
        data=data.name,
        shape=data.shape,
        kind=kind,
        outputs=len(data.classes),
        models=tuple(at(data)),
        study={
            "teacher": _said(lambda: casting.teacher(None, study.teacher, data, trust_study, tokenizer), data),
            "student": _said(lambda: (casting.student(None, study.student, data, trust_study, tokenizer), None), data),
        },
    )


def at(data: Dataset) -> Iterator[Listed]:
    """Every model of the catalogue, and what it costs at the rows of a data set."""
    kind = kind_of(data.shape, texts=data.tokens is not None)
    for name, made in sorted(_models().items()):
        if isinstance(made, str):
            yield Listed(name, "a model that a package offers", (), (), None, made)
            continue
        takes = made.takes if catalogue.is_reference_class(made) else ()
        fits = not takes or kind in takes
        yield Listed(
            name,
            _summary(made),
            takes,
            tuple(_settings(made)),
            made.paper if catalogue.is_reference_class(made) else None,
            _cost_of(name, data) if fits else _only(takes),
        )


def _only(takes: Sequence[Kind]) -> str:
    missing = [kind for kind in get_args(Kind) if kind not in takes]
    return f"no {missing[0]}" if len(missing) == 1 else f"{' and '.join(takes)} only"


def describe(file: Path | Study | None = None, settings: Iterable[str] = (), *, trust_study: bool = False) -> str:
    """The same in words, for a terminal.

    Raises:
        OverproofError: as for :func:`listing`.
    """
    found = listing(file, settings, trust_study=trust_study)
    shape = " × ".join(map(str, found.shape))
    lines = [f"at the rows of {found.data}: {found.kind}, {shape}, {found.outputs:,} outputs", ""]
    lines += [f"{who}  {model}: {cost}" for who, (model, cost) in found.study.items()]
    for model in found.models:
        lines += [
            "",
            f"{model.name} — {model.summary}",
            f"  here      {model.here}",
            *([f"  takes     {', '.join(model.takes)}"] if model.takes else []),
            f"  settings  {', '.join(map(str, model.settings)) or 'none'}",
            *([f"  paper     {model.paper}"] if model.paper else []),
        ]
    return "\n".join([*lines, "", *_forms()])


def costs_table(costs_at: Mapping[str, Dataset]) -> str:
    """What every model with its defaults costs, as a Markdown table: parameters and operations.

    Args:
        costs_at: data sets by the headings of their columns.
    """
    columns = [list(at(data)) for data in costs_at.values()]
    rows = [[f"`{models[0].name}`", *(_short(model.here) for model in models)] for models in zip(*columns, strict=True)]
    return _markdown(["model", *costs_at], rows)


def settings_table(data: Dataset) -> str:
    """The settings of every model, as a Markdown table."""
    return _markdown(
        ["model", "takes", "setting", "default", "allowed"],
        [
            [f"`{model.name}`", ", ".join(model.takes), f"`{setting.name}`", setting.default, setting.allowed]
            for model in at(data)
            for setting in model.settings
        ],
    )


def _markdown(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [heading, ["---"] * len(heading), *rows])


def _short(cost: Cost | str) -> str:
    return cost if isinstance(cost, str) else f"{cost.parameters:,} / {cost.macs or 0:,}"


def _models() -> dict[str, type[Reference] | Callable[..., Any] | str]:
    """All models by name; one that cannot be imported is a sentence."""
    found: dict[str, Any] = {}
    for name, offer in catalogue.plug_ins().items():
        try:
            found[name] = catalogue.loaded(offer)
        except OverproofError as error:
            found[name] = str(error)
    return {**found, **catalogue.REFERENCES}


def _summary(made: Any) -> str:
    return ((inspect.getdoc(made) or "a model that a package offers").splitlines()[0]).replace("``", "")


def _settings(made: Any) -> Iterator[Setting]:
    if catalogue.is_reference_class(made):
        hints = get_type_hints(made, include_extras=True)
        for each in dataclasses.fields(made):
            missing = each.default is dataclasses.MISSING
            yield Setting(each.name, "required" if missing else _value(each.default), _allowed(hints[each.name]))
        return
    for name, own in inspect.signature(made).parameters.items():
        if name not in imported.TOLD and own.kind in (own.POSITIONAL_OR_KEYWORD, own.KEYWORD_ONLY):
            yield Setting(name, "required" if own.default is own.empty else _value(own.default), "")


def _value(default: Any) -> str:
    if default is None:
        return "the data's"
    return (
        str(default).lower() if isinstance(default, bool) else f"{default:g}" if _is_number(default) else str(default)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


#: The limits of a number, as pydantic's annotations call them.
_LIMITS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))


def _allowed(hint: Any) -> str:
    """What an annotation allows, in words.

    Example:
        >>> from pydantic import Field
        >>> from typing import Annotated
        >>> _allowed(Annotated[float, Field(ge=0, lt=1)] | None), _allowed(Literal[8, 14]), _allowed(bool)
        ('at least 0, less than 1', '8, 14', 'true or false')
    """
    if hint is bool:
        return "true or false"
    if get_origin(hint) is Literal:
        return ", ".join(map(str, get_args(hint)))
    limits = [limit for each in getattr(hint, "__metadata__", ()) for limit in getattr(each, "metadata", [each])]
    words = [f"{word} {getattr(limit, key):g}" for limit in limits for key, word in _LIMITS if hasattr(limit, key)]
    if words:
        return ", ".join(words)
    return next(filter(None, map(_allowed, () if hint is type(None) else get_args(hint))), "")


def _cost_of(name: str, data: Dataset) -> Cost | str:
    """What a model with its defaults costs; why it cannot be built, where it cannot."""
    return _said(lambda: (casting.student(None, Student(model=name), data, False), None), data)[1]


def _said(cast: Callable[[], tuple[Any, Any]], data: Dataset) -> tuple[str, Cost | str]:
    """A model in words, and its cost."""
    try:
        made, brought = cast()
        module = brought if isinstance(brought, nn.Module) else made
        if isinstance(module, Architecture) and brought is None:
            module = module.fresh(data.shape, len(data.classes), "shape only")
        if not isinstance(module, nn.Module):
            return str(getattr(made, "name", made)), "no network"
        device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
        row = torch.from_numpy(np.ascontiguousarray(data.inputs[:1])).to(device)
        return str(made), Cost(parameters(module), macs(module, row))
    except OverproofError as error:
        return "—", str(error)
    except Exception as error:  # whatever a model that somebody else wrote raises
        return "—", f"cannot be built: {one_line(error)}"


def _forms() -> Iterator[str]:
    for form, what, package, extra in _FORMS:
        missing = package is not None and importlib.util.find_spec(package) is None
        needs = f' ({package} is not installed: pip install "overproof[{extra}]")' if missing else ""
        yield f"{form} — {what}{needs}"
