"""What fitted estimators say, as numbers in the order of the data's classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import one_line
from overproof.errors import ModelError
from overproof.teachers.outputs import FLOOR, Floats, Kind
from overproof.teachers.scikit import tags


class Said(NamedTuple):
    """Numbers [rows, outputs], in the estimator's own order, and what they are."""

    numbers: Floats
    kind: Kind


def can_say(estimator: Any, task: str) -> bool:
    """Whether it says more about a row than its class."""
    if task == "regression":
        return callable(getattr(estimator, "predict", None))
    return any(callable(getattr(estimator, name, None)) for name in ("predict_proba", "decision_function"))


def refuse_unless_it_can_say(estimator: Any, task: str, who: str) -> None:
    """Refuse an estimator with hard predictions only.

    Raises:
        ModelError: when it has neither probabilities nor decision values, or nothing that predicts values.
    """
    kind = getattr(tags(estimator), "estimator_type", None)
    wanted = "regressor" if task == "regression" else "classifier"
    if kind in ("regressor", "classifier") and kind != wanted:
        raise ModelError(f"{who} is a {kind}, and the task is {task}")
    if can_say(estimator, task):
        return
    if task == "regression":
        raise ModelError(f"{who} has no predict, so it says no values")
    raise ModelError(
        f"{who} says a class and nothing more: it has neither predict_proba nor decision_function, and a student "
        "learns from probabilities; use an estimator that has them"
    )


def says(estimator: Any, inputs: Any, task: str, who: str) -> Said:
    """Ask an estimator for the most it can say.

    Args:
        estimator: fitted.
        inputs: rows as it takes them.
        task: what is asked about a row.
        who: for messages.

    Raises:
        ModelError: when it refuses the rows.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about names of columns, and categories never seen
            if task == "regression":
                return Said(_matrix(estimator.predict(inputs)), "values")
            if callable(getattr(estimator, "predict_proba", None)):
                return Said(_probabilities(estimator, inputs, task), "probabilities")
            return Said(_matrix(estimator.decision_function(inputs)), "logits")
    except Exception as error:  # whatever an estimator thinks of the rows
        raise ModelError(f"{who} cannot answer about these rows ({one_line(error)})") from error


def _probabilities(estimator: Any, inputs: Any, task: str) -> Floats:
    said = estimator.predict_proba(inputs)
    if task == "multilabel" and isinstance(said, list):  # one array for every label
        return np.stack([of_yes(one, classes) for one, classes in zip(said, _lists(estimator), strict=True)], axis=1)
    return _matrix(said)


def _lists(estimator: Any) -> list[Any]:
    return [np.asarray(classes) for classes in estimator.classes_]


def of_yes(said: Any, classes: Sequence[Any] | NDArray[Any]) -> Floats:
    """Of probabilities [rows, classes] about one label: the one of having it [rows], 0 where that was never seen."""
    places = [place for place, each in enumerate(np.asarray(classes).tolist()) if each == 1]
    found = np.asarray(said, dtype=np.float64)
    return found[:, places[0]] if places else np.zeros(len(found))


def _matrix(said: Any) -> Floats:
    dense = said.toarray() if hasattr(said, "toarray") else said
    found = np.asarray(dense, dtype=np.float64)
    return found.reshape(len(found), -1)


def in_order(said: Said, theirs: Sequence[str], classes: Sequence[str]) -> Floats:
    """Numbers about the classes an estimator has seen, brought to all classes of the data.

    Args:
        said: [rows, classes seen], or [rows, 1] about the second of two.
        theirs: names of the classes seen, all of them among ``classes``.
        classes: of the data.

    Returns:
        [rows, classes]: probabilities with 0, or logits far below all others, for classes never seen.

    Example:
        >>> in_order(Said(np.array([[0.9, 0.1]]), "probabilities"), ["b", "a"], ["a", "b", "c"])
        array([[0.1, 0.9, 0. ]])
    """
    numbers = said.numbers
    if numbers.shape[1] == 1 and len(theirs) == 2:
        numbers = np.hstack((1 - numbers if said.kind == "probabilities" else np.zeros_like(numbers), numbers))
    never = np.zeros((len(numbers), 1)) if said.kind == "probabilities" else numbers.min(axis=1, keepdims=True)
    found = np.repeat(never if said.kind == "probabilities" else never + np.log(FLOOR), len(classes), axis=1)
    found[:, [classes.index(name) for name in theirs]] = numbers
    return found
