"""What can be built and trained: an architecture makes fresh modules."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from overproof.data.arrays import one_line
from overproof.errors import ModelError
from overproof.randomness import key

#: What rows are to a model: a table's numbers, [features]; images, [channels, height, width]; texts as token numbers,
#: [length]; or numbers of any other shape.
Kind = Literal["tables", "images", "texts", "series"]


def kind_of(shape: Sequence[int], texts: bool = False) -> Kind:
    """What rows of a shape are.

    Example:
        >>> kind_of((30,)), kind_of((3, 32, 32)), kind_of((64,), texts=True), kind_of((100, 6))
        ('tables', 'images', 'texts', 'series')
    """
    if texts:
        return "texts"
    return {1: "tables", 3: "images"}.get(len(shape), "series")  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Reference(ABC):
    """A kind of model: settings that build a module for given rows and classes.

    Fields are the settings, annotated with their ranges. Those called ``vocabulary`` and ``padding`` follow the data
    where rows are texts.
    """

    takes: ClassVar[tuple[Kind, ...]] = ("tables", "images", "series")
    """The rows it is for."""
    paper: ClassVar[str | None] = None

    @abstractmethod
    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """A fresh module from one row's shape to ``classes`` logits."""


class Build(Protocol):
    """Makes a fresh module."""

    def __call__(self, shape: Sequence[int], classes: int) -> nn.Module:
        """A fresh module from one row's shape to ``classes`` logits."""


@dataclass(frozen=True)
class Architecture:
    """A named way to make fresh modules."""

    name: str
    build: Build = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, reference: Reference) -> Architecture:
        """The architecture of a reference model."""
        settings = {each.name: getattr(reference, each.name) for each in fields(reference)}
        return cls(name, reference.build, {key: value for key, value in settings.items() if value is not None})

    def fresh(self, shape: Sequence[int], classes: int, *purpose: int | str) -> nn.Module:
        """A module whose initial weights are a function of ``purpose`` (seed, arm, repeat, fold), in train mode.

        Raises:
            ModelError: when it cannot be built, or what was built is not a module.
        """
        with _seeded(key(*purpose)):
            try:
                module = self.build(shape, classes)
            except (RuntimeError, MemoryError) as error:
                raise ModelError(f"{self} cannot be built: {one_line(error)}") from error
        if not isinstance(module, nn.Module):
            raise ModelError(f"{self.name} returned {type(module).__name__}, expected a torch.nn.Module")
        return module.train()

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.name}({inner})" if inner else self.name


@contextmanager
def _seeded(a_key: int) -> Iterator[None]:
    """Seed every global generator that a builder may draw from, and put them back as they were."""
    kept, numpys = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(a_key)
        random.seed(a_key)
        np.random.seed(a_key % 2**32)
        try:
            yield
        finally:
            random.setstate(kept)
            np.random.set_state(numpys)


def check_fresh(architecture: Architecture, shape: Sequence[int], classes: int, who: str) -> None:
    """See that an architecture makes modules of their own, and the same from the same seed.

    A module that is handed out twice would carry what it learnt from one split into the next, whose test rows it has
    seen; a twin with other initial weights would be no control.

    Raises:
        ModelError: when two modules share a tensor, or differ.
    """
    first, second = (architecture.fresh(shape, classes, "fresh").state_dict() for _ in range(2))
    places = {tensor.data_ptr() for tensor in first.values() if tensor.numel()}
    if any(tensor.data_ptr() in places for tensor in second.values() if tensor.numel()):
        raise ModelError(
            f"{who}: {architecture} must return a fresh module at each call, and two of its modules share weights; "
            "build the module, and all of its parts, inside the function"
        )
    if first.keys() != second.keys() or any(not _same(tensor, second[name]) for name, tensor in first.items()):
        raise ModelError(
            f"{who}: {architecture} made two different modules from one seed; its initial weights must come from the "
            "global generators of torch, numpy or random"
        )


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(torch.equal(one.nan_to_num(), other.nan_to_num()))


def logits_of(output: Any) -> Tensor:
    """The logits in whatever a model returned: the tensor itself, or its ``logits`` (as transformers models return).

    Raises:
        ModelError: when there are none.
    """
    logits = output if isinstance(output, Tensor) else getattr(output, "logits", None)
    if not isinstance(logits, Tensor):
        raise ModelError(
            f"a model returned {type(output).__name__}; expected a tensor of logits, or an object with .logits"
        )
    return logits


def memory_format(module: nn.Module) -> torch.memory_format:
    """Channels last for convolutions over images, which run faster that way; else as PyTorch has it by default.

    Example:
        >>> memory_format(nn.Conv2d(1, 1, 3)), memory_format(nn.Linear(1, 1))
        (torch.channels_last, torch.contiguous_format)
    """
    images = any(isinstance(part, nn.Conv2d) for part in module.modules())
    return torch.channels_last if images else torch.contiguous_format


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """Eval mode while it lasts; afterwards every part of the module is in its own mode again."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


@torch.no_grad()
def check_outputs(module: nn.Module, rows: Tensor, classes: int, who: str, *, task: str = "multiclass") -> None:
    """Run two rows through a module in eval mode and see that it returns ``classes`` finite numbers for each.

    Args:
        module: any module; its mode is restored.
        rows: inputs, shape [2, ...].
        classes: how many outputs are expected.
        who: teacher or student, for the message.
        task: what is asked; where it is ``binary``, one number for each row will do as well: the second class's logit.

    Raises:
        ModelError: for another shape, for values that are not finite, or when the module refuses the rows.
    """
    try:
        with eval_mode(module):
            said = module(rows)
    except Exception as error:  # whatever the code of a user's module raises
        raise ModelError(f"{who} cannot take rows of shape {tuple(rows.shape[1:])}: {one_line(error)}") from error
    logits, expected = logits_of(said), (len(rows), classes)
    alone = task == "binary" and tuple(logits.shape) in ((len(rows),), (len(rows), 1))
    if tuple(logits.shape) != expected and not alone:
        what = {"regression": "values to predict", "multilabel": "labels"}.get(task, "classes")
        raise ModelError(
            f"{who} returned shape {tuple(logits.shape)}, expected {expected}: the data have {classes} {what}"
        )
    if not bool(torch.isfinite(logits).all()):
        raise ModelError(f"{who} returned values that are not finite for the first rows of the data; check its weights")
