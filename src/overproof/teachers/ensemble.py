"""Ensembles: several teachers of any kinds, whose answers are mixed by share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, logit, logsumexp
from torch import nn

from overproof.models.architecture import Architecture
from overproof.models.inference import predict
from overproof.teachers.classes import Order
from overproof.teachers.modules import title
from overproof.teachers.outputs import FLOOR, Reading
from overproof.teachers.teacher import Apprentice, Shown, Voice

Member = Architecture | nn.Module | Voice | Apprentice


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Teachers and their shares, at least one of which is trained or fitted in every split."""

    members: tuple[Member, ...]
    shares: tuple[float, ...]
    """Positive; they add up to 1."""
    name: str


def mixed(answers: Sequence[NDArray[np.float32]], shares: Sequence[float], task: str) -> NDArray[np.float32]:
    """The answers of several teachers as one: the mean of their probabilities, or of their values, by share.

    Args:
        answers: of each teacher [rows, outputs]: logits, or values for regression.
        shares: of each teacher; they add up to 1.
        task: what is asked about a row.

    Returns:
        [rows, outputs]: log-probabilities, the logits of mean probabilities for several labels, or mean values.

    Example:
        >>> says = [np.log(np.array([[0.9, 0.1]], dtype=np.float32)), np.log(np.array([[0.5, 0.5]], dtype=np.float32))]
        >>> np.exp(mixed(says, [0.5, 0.5], "binary")).round(3)
        array([[0.7, 0.3]], dtype=float32)
    """
    exact = np.stack([each.astype(np.float64) for each in answers])
    weights = np.asarray(shares).reshape(-1, 1, 1)
    if task == "regression":
        found = (weights * exact).sum(axis=0)
    elif task == "multilabel":
        found = logit((weights * expit(exact)).sum(axis=0).clip(FLOOR, 1 - FLOOR))
    else:
        found = logsumexp(log_softmax(exact, axis=-1), axis=0, b=weights)
    return np.asarray(found, dtype=np.float32)


class Chorus(Voice):
    """Several voices as one."""

    def __init__(self, voices: Sequence[Voice], shares: Sequence[float], name: str) -> None:
        self.name, self._voices, self._shares = name, tuple(voices), tuple(shares)
        self.sees_views = any(voice.sees_views for voice in voices)
        self.notes = tuple(dict.fromkeys(note for voice in voices for note in voice.notes))

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """The mean of what they say, by share; see :class:`Voice`."""
        return mixed([voice.answer(shown) for voice in self._voices], self._shares, shown.data.task)

    def components(self) -> dict[str, Any] | None:
        """Theirs, and their shares; None where one of them cannot be told."""
        parts = [voice.components() for voice in self._voices]
        return None if any(part is None for part in parts) else {"voices": parts, "shares": list(self._shares)}


class Network(Voice):
    """A network that was brought, as one of several voices; it takes rows as they are, and says logits or values."""

    def __init__(self, module: nn.Module, name: str) -> None:
        self.name, self.module = name, module
        self.device = torch.device("cpu")
        """Where it is asked."""

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """Its outputs in eval mode, in the order of the data's classes; see :class:`Voice`."""
        said = predict(self.module, shown.inputs, shown.data.ids[shown.rows], self.device)
        return Reading(self.name, "logits", Order(np.arange(len(shown.data.classes)))).targets(said, shown)

    def components(self) -> dict[str, Any] | None:
        """None: what a module depends on is told by who may follow its code."""
        return None


def together(members: Sequence[Member], shares: Sequence[float], name: str) -> Ensemble | Voice:
    """One teacher out of several: a voice where all of them can be asked already.

    Args:
        members: of any kind; a network that was brought answers for the data's classes.
        shares: positive, in any unit.
        name: in words.
    """
    total = sum(shares)
    parts = tuple(share / total for share in shares)
    voices: list[Voice] = []
    for member in members:
        if isinstance(member, Architecture | Apprentice):
            return Ensemble(tuple(members), parts, name)
        voices.append(member if isinstance(member, Voice) else Network(member, title(member)))
    return Chorus(voices, parts, name)
