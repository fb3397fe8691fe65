"""Estimators that were fitted elsewhere and given as live objects: asked as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.study import Teacher
from overproof.teachers.classes import match, spelt
from overproof.teachers.encoding import given_rows
from overproof.teachers.outputs import Kind, Reading
from overproof.teachers.saying import refuse_unless_it_can_say, says
from overproof.teachers.teacher import Shown, Voice


class Given(Voice):
    """A fitted estimator. It gets the columns it was fitted with, by name where it knows names."""

    def __init__(self, estimator: Any, table: Teacher, data: Dataset, name: str) -> None:
        refuse_unless_it_can_say(estimator, data.task, name)
        self.name, self.sees_views = name, data.tokens is None
        self._estimator, self._version = estimator, table.version
        self._rows = given_rows(estimator, data, name)
        order = match(_names(estimator, data), table.classes, data, name)
        self._kind: Kind | None = None if table.output == "auto" else table.output
        self._order = order
        margins = data.task != "regression" and not callable(getattr(estimator, "predict_proba", None))
        self.notes = (*order.notes, *([f"{name}: its decision values are taken for logits"] if margins else []))

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """Log-probabilities, decision values as logits, or values; see :class:`Voice`."""
        said = says(self._estimator, self._rows(shown), shown.data.task, self.name)
        return Reading(self.name, self._kind or said.kind, self._order).targets(said.numbers, shown)

    def components(self) -> dict[str, Any] | None:
        """Its name under the version that the study gives it; None without one, as fitted objects cannot be read."""
        if self._version is None:
            return None
        cls = type(self._estimator)
        return {"estimator": f"{cls.__module__}.{cls.__qualname__}", "version": self._version}


def _names(estimator: Any, data: Dataset) -> tuple[str, ...] | None:
    """Names of its outputs, where it knows them."""
    if data.task not in ("binary", "multiclass"):
        return None
    try:
        classes = getattr(estimator, "classes_", None)
        if classes is not None and np.asarray(classes).dtype.kind == "b" and "True" in data.classes:
            return tuple(map(str, np.asarray(classes).tolist()))  # as truth values of files and frames are called
        return None if classes is None else spelt(np.asarray(classes))
    except Exception as error:  # properties of other libraries
        raise ModelError(f"{type(estimator).__name__}: its classes_ cannot be read ({one_line(error)})") from error
