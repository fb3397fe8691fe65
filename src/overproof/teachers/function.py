"""A function of the user's own that is asked about rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from overproof import storage
from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.models.imported import TOLD, told
from overproof.study import Teacher
from overproof.teachers.classes import NOUNS, Order, ordered
from overproof.teachers.outputs import Reading
from overproof.teachers.teacher import Shown, Voice


def answers_rows(function: Any, settings: Mapping[str, Any]) -> bool:
    """Whether a function answers about rows; if not, it builds a module.

    It does where exactly one parameter without a default is left over after the settings of its table and the names
    ``shape``, ``classes``, ``outputs``, ``vocabulary`` and ``padding`` are taken away. Classes and modules never do.

    Args:
        function: anything that can be called.
        settings: of the study's table.

    Example:
        >>> answers_rows(lambda rows: rows, {}), answers_rows(lambda width=8: width, {})
        (True, False)
        >>> answers_rows(lambda rows, power: rows**power, {"power": 2}), answers_rows(lambda shape, classes: shape, {})
        (True, False)
    """
    if isinstance(function, type | nn.Module):
        return False
    parameters = _parameters(function)
    left = [each for each in parameters if each.default is each.empty and each.name not in {*settings, *TOLD}]
    return len(left) == 1 and left[0].kind in (left[0].POSITIONAL_ONLY, left[0].POSITIONAL_OR_KEYWORD)


def _parameters(function: Any) -> list[inspect.Parameter]:
    """Its parameters, but for ``*args`` and ``**kwargs``; none where they cannot be told."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each for each in found if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


class Function(Voice):
    """A function that gets inputs, or texts, and returns one row of numbers for each."""

    def __init__(self, function: Callable[..., Any], table: Teacher, data: Dataset, name: str) -> None:
        self.name, self.sees_views = name, data.tokens is None
        self._function, self._version, self._settings = function, table.version, table.settings
        count = len(data.classes)
        vocabulary, padding = (None, None) if data.tokens is None else (data.tokens.vocabulary, data.tokens.padding)
        self._told = {**told(function, data.shape, count, vocabulary, padding), **table.settings}
        order = Order(np.arange(count)) if table.classes is None else ordered(table.classes, data, name)
        self._reading = Reading(name, table.output, order)
        contract = f"{name}: its outputs are taken to be in the order of the data's {NOUNS[data.task]}"
        self.notes = (*order.notes, *([contract] if table.classes is None and count > 1 else []))

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """What the function says, checked; see :class:`Voice`."""
        # a copy: what the function does to its rows stays with it
        rows = shown.inputs.copy() if self.sees_views else shown.texts
        try:
            said = self._function(rows, **self._told)
        except Exception as error:  # whatever a user's function raises
            raise ModelError(f"{self.name} failed on {len(rows):,} rows ({_kind(error)})") from error
        return self._reading.targets(said, shown)

    def components(self) -> dict[str, Any] | None:
        """The function under the version that the study gives it; None without one, as code cannot be followed."""
        if self._version is None:
            return None
        code = getattr(self._function, "__code__", None)
        place = f"{getattr(self._function, '__module__', '')}:{getattr(self._function, '__qualname__', self.name)}"
        return {
            "function": place,
            "version": self._version,
            "settings": self._settings,
            "code": None if code is None else storage.digest(code.co_code + repr(code.co_names).encode()),
        }


def _kind(error: Exception) -> str:
    text = one_line(error)
    return text if text == type(error).__name__ else f"{type(error).__name__}: {text}"
