"""What a task is called, and what is learnt in it, in words."""

from __future__ import annotations

from typing import NamedTuple

from overproof.results import Result


class Words(NamedTuple):
    """How a report speaks about a task."""

    name: str
    outputs: str
    """What the outputs of a model are about, for headings."""
    hard: str
    soft: str
    """Of plain distillation; a method may have its own."""
    likeness: str
    """What agreement with the teacher is."""


_KL = "temperature² · KL(teacher‖student) of the softened probabilities"

_CLASSES = Words(
    "multi-class",
    "Classes",
    "cross-entropy with the labels, in nats per example",
    _KL,
    "share of test rows on which an arm predicts the teacher’s class",
)

#: By the name of the task, as results have it.
WORDS = {
    "multiclass": _CLASSES,
    "binary": _CLASSES._replace(name="binary"),
    "multilabel": Words(
        "multi-label",
        "Labels",
        "binary cross-entropy with every label, in nats, mean over the labels",
        f"{_KL} of every label, mean over the labels",
        "share of the labels of all test rows on which an arm says what the teacher says",
    ),
    "regression": Words(
        "regression",
        "Values",
        "squared error in units of the target’s standard deviation, mean over the outputs",
        "squared distance to the teacher’s values in the same units; a temperature has no meaning",
        "RMSE between the arm’s values and the teacher’s, in the target’s unit",
    ),
}


def words_of(result: Result) -> Words:
    """How to speak about the task of a result; of one that is not known, as of classes."""
    return WORDS.get(result.data.task, _CLASSES)


def classifies(result: Result) -> bool:
    """Whether every row has one class, so that it can be right or wrong."""
    return result.data.task in ("multiclass", "binary")
