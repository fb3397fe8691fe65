"""From a ``[teacher]`` or ``[student]`` table to an architecture."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, TypeGuard

from overproof.data.arrays import one_line
from overproof.errors import ModelError, StudyError, nearest
from overproof.models import hf_models, imported, timm_models
from overproof.models.architecture import Architecture, Reference
from overproof.models.cnn import CNN
from overproof.models.depthwise import Depthwise
from overproof.models.embedding_bag import EmbeddingBag
from overproof.models.mlp import MLP
from overproof.models.resnet import ResNet
from overproof.models.transformer import Transformer
from overproof.study import Student, Teacher
from overproof.validation import build

#: The models that come with overproof, by the name a study gives them.
REFERENCES: Mapping[str, type[Reference]] = MappingProxyType(
    {
        "cnn": CNN,
        "depthwise": Depthwise,
        "embedding-bag": EmbeddingBag,
        "mlp": MLP,
        "resnet": ResNet,
        "transformer": Transformer,
    }
)

#: Where packages offer models: the name, and a :class:`Reference`, or a function like ``module:function``.
GROUP = "overproof.models"

#: Models that are not looked up by a name.
_FORMS = ("timm:NAME", "hf:PATH", "module:function")


def plug_ins() -> dict[str, EntryPoint]:
    """The models that installed packages offer, by name; nothing of them is imported yet."""
    return {each.name: each for each in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def names() -> list[str]:
    """All names and forms of names that ``model`` may have."""
    return [*sorted({*REFERENCES, *plug_ins()}), *_FORMS]


def architecture(
    table: Teacher | Student,
    where: str,
    trust: bool = False,
    *,
    vocabulary: int | None = None,
    padding: int | None = None,
    tokenizer: str | None = None,
    also: Iterable[str] = (),
) -> Architecture:
    """The architecture that a table describes.

    Args:
        table: ``[teacher]`` or ``[student]``.
        where: ``teacher`` or ``student``, for messages.
        trust: whether ``module:function`` may be imported.
        vocabulary: where rows are texts: token numbers are below this. None where they are not.
        padding: the token that means nothing.
        tokenizer: what made the token numbers, as ``data.tokenizer`` has it.
        also: names that the caller knows what to do with, for the message about an unknown one.

    Raises:
        StudyError: for an unknown model or setting, or a value out of range.
        ModelError: when the model is for other rows than texts, and the data are texts.
        UnsafeError: for ``module:function`` without trust.
    """
    model = table.model
    if not isinstance(model, str):
        raise StudyError(f"{where}.model is a list, which is an ensemble and no architecture")
    if table.weights is not None and table.settings.get("pretrained") is True:
        raise StudyError(
            f"{where}.weights and {where}.pretrained = true are two sets of weights; leave one of them out"
        )
    if model.startswith(timm_models.PREFIX):
        if vocabulary is not None:
            raise ModelError(_no_reader(model))
        return timm_models.architecture(model, table.settings, where)
    if model.startswith(hf_models.PREFIX):
        return hf_models.architecture(
            model, table.settings, where, vocabulary=vocabulary, padding=padding, tokenizer=tokenizer
        )
    if imported.is_reference(model):
        made: Any = imported.load(model, f"{where}.model", trust)
    else:
        made = _looked_up(model, where, also)
    if not is_reference_class(made):
        return imported.architecture(model, made, table.settings, vocabulary=vocabulary, padding=padding)
    settings = table.settings
    if vocabulary is not None:
        if "texts" not in made.takes:
            raise ModelError(_no_reader(model))
        settings = _following(made, settings, where, vocabulary, padding or 0)
    return Architecture.of(model, build(made, settings, where, beside=type(table).model_fields))


def _looked_up(model: str, where: str, also: Iterable[str]) -> type[Reference] | Callable[..., Any]:
    """The model of a name: one that comes with overproof, or one that a package offers."""
    offers = list({each.value: each for each in entry_points(group=GROUP, name=model)}.values())
    if offers and (model in REFERENCES or len(offers) > 1):
        packages = sorted({each.dist.name if each.dist else each.value for each in offers})
        owners = " and ".join(["overproof", *packages] if model in REFERENCES else packages)
        raise StudyError(
            f"{where}.model = {model!r} names more than one model, of {owners}; uninstall {packages[-1]}, or have it "
            "offer its model under another name"
        )
    if model in REFERENCES:
        return REFERENCES[model]
    if not offers:
        raise StudyError(f"{where}.model = {model!r} is not a model; {nearest(model, [*names(), *also])}")
    return loaded(offers[0])


def loaded(offer: EntryPoint) -> type[Reference] | Callable[..., Any]:
    """What a package offers.

    Raises:
        StudyError: when it cannot be imported, or is neither a kind of :class:`Reference` nor a function.
    """
    try:
        made: Any = offer.load()
    except Exception as error:  # whatever a package raises while it is imported
        raise StudyError(
            f"the model {offer.name!r}, offered as {offer.value!r}, cannot be imported: {one_line(error)}"
        ) from error
    if not callable(made):
        raise StudyError(f"the model {offer.name!r}, offered as {offer.value!r}, is neither a Reference nor a function")
    return made  # type: ignore[no-any-return]


def is_reference_class(made: Any) -> TypeGuard[type[Reference]]:
    """Whether a model is a kind of :class:`Reference`, and no function that returns a module."""
    return isinstance(made, type) and issubclass(made, Reference)


def _no_reader(model: str) -> str:
    readers = sorted(name for name, each in REFERENCES.items() if "texts" in each.takes)
    return f"{model} cannot read texts, and the data's rows are texts; use {' or '.join(readers)}"


def _following(
    made: type[Reference], settings: Mapping[str, Any], where: str, vocabulary: int, padding: int
) -> dict[str, Any]:
    """Settings, with what follows the data where the user said nothing."""
    own = {each.name for each in dataclasses.fields(made)}
    follows = {key: value for key, value in (("vocabulary", vocabulary), ("padding", padding)) if key in own}
    said = {**follows, **settings}
    if "padding" in own and said["padding"] != padding:
        raise StudyError(f"{where}.padding must be {padding}, the data's, got {said['padding']!r}; leave it out")
    if "vocabulary" in own and type(said["vocabulary"]) is int and said["vocabulary"] < vocabulary:
        raise StudyError(
            f"{where}.vocabulary must be at least {vocabulary:,}, since the data have as many token numbers, got "
            f"{said['vocabulary']:,}; leave it out"
        )
    return said
