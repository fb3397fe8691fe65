"""Estimators that are fitted in every split: scikit-learn's, boosted trees, and whatever has their methods."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof import storage
from overproof.data.arrays import one_line
from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.teachers import boosting, scikit
from overproof.teachers.classes import Order, spelt
from overproof.teachers.encoding import Rows, as_they_are, encoded, root_of
from overproof.teachers.extras import library
from overproof.teachers.outputs import Reading
from overproof.teachers.saying import Said, in_order, of_yes, refuse_unless_it_can_say, says
from overproof.teachers.teacher import Apprentice, Shown, Voice

#: Folds of the calibration of an estimator that has no probabilities.
_CALIBRATION = 5


class Estimator(Apprentice):
    """An estimator, copied and fitted anew in every split."""

    def __init__(self, name: str, prototype: Any, task: str, settings: Mapping[str, Any]) -> None:
        refuse_unless_it_can_say(prototype, task, name)
        self.name, self.memorises = name, scikit.memorises(prototype)
        self._prototype, self._settings = prototype, dict(settings)
        self._root = root_of(prototype)

    def facts(self) -> dict[str, Any]:
        """Its class, its settings, and the versions of the libraries that fit it."""
        cls = type(self._prototype)
        used = {"sklearn", self._root, cls.__module__.partition(".")[0]} - {"__main__", "builtins"}
        versions = {name: str(getattr(library(name, self.name), "__version__", "")) for name in sorted(used)}
        settings = self._settings or _parameters(self._prototype)
        return {"estimator": f"{cls.__module__}.{cls.__qualname__}", "settings": settings, "versions": versions}

    def fit(self, data: Dataset, rows: NDArray[np.int64], seed: int) -> Voice:
        """Fit a copy to the labels of some rows; see :class:`Apprentice`."""
        with (
            _one_sentence(self.name),
            _seeded(seed),
            warnings.catch_warnings(record=True, action="always") as caught,
        ):
            fresh = _copy(self._prototype)
            _seed(fresh, seed)
            boosting.quieten(fresh, self._root)
            take, told = self._rows(fresh, data, rows, seed)
            parts = list(self._parts(fresh, take(Shown.of(data, rows)), data, rows, told))
        facts = {**self.facts(), "seed": seed, "rows": storage.digest(np.asarray(rows, dtype="<i8").tobytes())}
        fitted = Fitted(self.name, parts, take, data, facts)
        fitted.notes = _unfinished(self.name, caught)
        return fitted

    def _rows(self, fresh: Any, data: Dataset, rows: NDArray[np.int64], seed: int) -> tuple[Rows, dict[str, Any]]:
        if self._root in boosting.NAMES and data.columns is not None:
            return boosting.native(fresh, self._root, data)
        if scikit.prepares_rows(fresh):
            return as_they_are(data), {}
        about = scikit.tags(fresh)
        sparse = self._root in boosting.NAMES or bool(about and about.input_tags.sparse)
        positive = bool(about and about.input_tags.positive_only)
        return encoded(data, rows, seed, sparse=sparse, positive=positive), {}

    def _parts(
        self, fresh: Any, inputs: Any, data: Dataset, rows: NDArray[np.int64], told: dict[str, Any]
    ) -> Iterator[Part]:
        """One fitted estimator for all outputs, or one for each."""
        labels = data.labels[rows]
        if data.task in ("binary", "multiclass"):
            yield self._classifier(fresh, inputs, labels, data.classes, told)
        elif self._takes_all(fresh, labels, data.task):
            yield Part(_alone(fresh.fit(inputs, labels[:, 0] if labels.shape[1] == 1 else labels, **told)), None)
        elif data.task == "regression":
            for column in labels.T:
                yield Part(_alone(_copy(fresh).fit(inputs, column, **told)), None)
        else:
            for column in labels.T.astype(np.int64):
                yield self._classifier(_copy(fresh), inputs, column, ("0", "1"), told)

    def _takes_all(self, fresh: Any, labels: NDArray[Any], task: str) -> bool:
        """Whether one estimator answers for all outputs."""
        about = None if self._root in boosting.NAMES else scikit.tags(fresh)
        if task == "regression":
            return labels.shape[1] == 1 or bool(about and about.target_tags.multi_output)
        varied = bool((labels.min(axis=0) < labels.max(axis=0)).all()) and labels.shape[1] > 1
        able = bool(about and about.classifier_tags and about.classifier_tags.multi_label)
        return varied and able and hasattr(fresh, "predict_proba")

    def _classifier(
        self, fresh: Any, inputs: Any, labels: NDArray[np.int64], classes: Sequence[str], told: dict[str, Any]
    ) -> Part:
        present, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
        names = tuple(classes[number] for number in present)
        if len(names) == 1:
            from sklearn.dummy import DummyClassifier  # noqa: PLC0415 (slow to import, and needed here only)

            fresh, told = DummyClassifier(), {}
        elif not hasattr(fresh, "predict_proba") and counts.min() > 1:
            from sklearn.calibration import CalibratedClassifierCV  # noqa: PLC0415

            fresh = CalibratedClassifierCV(fresh, cv=min(_CALIBRATION, int(counts.min())))
        targets = places if self._root == "xgboost" else _targets(names)[places]
        _weigh_by_name(fresh, targets)
        fitted = _alone(fresh.fit(inputs, targets, **told))
        return Part(fitted, names if self._root == "xgboost" else spelt(fitted.classes_))


@dataclass(frozen=True)
class Part:
    """A fitted estimator, and the names of the classes it has seen; None where it says values, or all labels."""

    estimator: Any
    names: tuple[str, ...] | None


class Fitted(Voice):
    """An estimator that was fitted in a split."""

    def __init__(self, name: str, parts: Sequence[Part], rows: Rows, data: Dataset, facts: dict[str, Any]) -> None:
        self.name, self.sees_views = name, data.tokens is None
        self._parts, self._rows, self._facts = parts, rows, facts
        self._order = Order(np.arange(len(data.classes)))

    def answer(self, shown: Shown) -> NDArray[np.float32]:
        """Log-probabilities, logits or values; see :class:`Voice`."""
        data = shown.data
        inputs = self._rows(shown)
        told = [says(part.estimator, inputs, data.task, self.name) for part in self._parts]
        if data.task in ("binary", "multiclass"):
            names = self._parts[0].names
            assert names is not None
            said = Said(in_order(told[0], names, data.classes), told[0].kind)
        elif len(told) == 1 and self._parts[0].names is None:
            said = told[0]
        else:
            said = self._of_each(told, data.task)
        return Reading(self.name, said.kind, self._order).targets(said.numbers, shown)

    def _of_each(self, told: Sequence[Said], task: str) -> Said:
        """What an estimator for each output said, side by side."""
        if task == "regression":
            return Said(np.hstack([each.numbers for each in told]), "values")
        columns = []
        for each, part in zip(told, self._parts, strict=True):
            both = in_order(each, part.names or (), ("0", "1"))
            columns.append(of_yes(both, [0, 1]) if each.kind == "probabilities" else both[:, 1] - both[:, 0])
        kinds = {each.kind for each in told}
        if len(kinds) > 1:
            raise ModelError(f"{self.name}: some labels are too rare for probabilities; leave them out")
        return Said(np.stack(columns, axis=1), kinds.pop())

    def components(self) -> dict[str, Any] | None:
        """What was fitted, on which rows, and with which seed; None for a class that may change without a version."""
        known = self._facts["estimator"].partition(".")[0] in ("sklearn", *boosting.NAMES)
        return self._facts if known else None


def _copy(estimator: Any) -> Any:
    """A fresh estimator with the same settings."""
    from sklearn.base import clone  # noqa: PLC0415

    try:
        return clone(estimator)
    except Exception:  # no estimator of scikit-learn's, or one that changes its settings when it is made
        return copy.deepcopy(estimator)


def _seed(estimator: Any, seed: int) -> None:
    """Give a seed to every part of an estimator that takes one and was given none."""
    if not hasattr(estimator, "get_params"):
        return
    own = estimator.get_params(deep=True)
    if root_of(estimator) == "catboost":
        if own.get("random_seed") is None and own.get("random_state") is None:
            estimator.set_params(random_seed=seed % 2**31)
        return
    names = [name for name, value in own.items() if name.rpartition("__")[2] == "random_state" and value is None]
    estimator.set_params(**dict.fromkeys(names, seed % 2**31))


def _targets(names: Sequence[str]) -> NDArray[Any]:
    """Class names as estimators meet them: whole numbers where all are, so that settings may name them; else text."""
    whole = all(name.removeprefix("-").isdecimal() and str(int(name)) == name for name in names)
    return np.array([int(name) for name in names]) if whole else np.array(names)


def _weigh_by_name(estimator: Any, targets: NDArray[Any]) -> None:
    """A study file names classes by text, also where they are whole numbers."""
    weights = getattr(estimator, "class_weight", None)
    if isinstance(weights, Mapping) and targets.dtype.kind == "i" and all(isinstance(name, str) for name in weights):
        estimator.set_params(class_weight={int(name): weight for name, weight in weights.items()})


def _alone(fitted: Any) -> Any:
    """Threads of a forest add up what its trees say in any order, and sums of floats depend on it."""
    if scikit.in_sklearn(type(fitted)) and getattr(fitted, "n_jobs", None) is not None:
        fitted.n_jobs = 1
    return fitted


def _parameters(estimator: Any) -> dict[str, str]:
    try:
        own = sorted(estimator.get_params(deep=False).items())
        return {name: re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value)) for name, value in own}
    except Exception:  # no estimator of scikit-learn's
        return {}


def _unfinished(name: str, caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """What an estimator remarked about its own fit: that it did not converge."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

    said = (each.message for each in caught if issubclass(each.category, ConvergenceWarning))
    return tuple(dict.fromkeys(f"{name}: {one_line(each)}" for each in said if isinstance(each, Warning)))


@contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # whatever an estimator thinks of the rows
        raise ModelError(f"{name} cannot be fitted ({one_line(error)})") from error


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which estimators of the user's own may draw from, and put it back."""
    kept = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        np.random.set_state(kept)
