"""The scikit-learn surface: students as estimators, by the final fit and the comparison that everybody else has."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_array, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, check_consistent_length, check_is_fitted, validate_data
from torch import nn

from overproof.data.arrays import as_array
from overproof.data.columns import Column
from overproof.data.dataset import Dataset
from overproof.device import one_thread, resolve
from overproof.errors import DataError, StudyError
from overproof.methods.method import Method
from overproof.models.inference import predict
from overproof.progress import Watcher
from overproof.report.progress import watcher
from overproof.sources import later, pairs
from overproof.sources.frames import as_table, is_frame, is_series
from overproof.storage import fleeting
from overproof.study import Task
from overproof.targets.store import elsewhere
from overproof.tasks.catalogue import TASKS
from overproof.verbs.compare import Comparison, compare
from overproof.verbs.distill import distill

#: Settings of the student's training that are parameters here.
_TRAINING = ("epochs", "batch_size", "learning_rate")


class _Distilled(BaseEstimator, ABC):  # type: ignore[misc]
    """What both estimators share."""

    _teacher: str
    """The one that is taken where none is given."""

    student_: nn.Module
    n_iter_: int
    _columns: tuple[Column, ...]
    _task: str

    def __init__(
        self,
        teacher: Any = None,
        student: Any = "mlp",
        *,
        method: Any = "kd",
        alpha: float | None = None,
        epochs: int = 30,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        validation: float = 0.1,
        cross_fit: bool | str = "auto",
        random_state: Any = None,
        device: str = "auto",
        verbose: int = 0,
    ) -> None:
        self.teacher, self.student, self.method, self.alpha = teacher, student, method, alpha
        self.epochs, self.batch_size, self.learning_rate = epochs, batch_size, learning_rate
        self.validation, self.cross_fit = validation, cross_fit
        self.random_state, self.device, self.verbose = random_state, device, verbose

    def fit(self, X: Any, y: Any, unlabelled: Any = None, groups: Any = None) -> Self:  # noqa: N803
        """Train the teacher and, from what it says, the student.

        Args:
            X: rows of numbers, or a frame whose columns are numbers or words; NaN is a missing cell.
            y: the labels or values, one for each row, or several in as many columns.
            unlabelled: more rows like those of X: the student learns from what the teacher says about them.
            groups: of each row: a group is never in training and validation at once. Beside ``unlabelled``, of the rows
                of X and then of these.

        Returns:
            The estimator itself.
        """
        data = self._rows(X, y, unlabelled, groups)
        assert data.columns is not None
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overproof-")))
            stack.enter_context(fleeting())
            stack.enter_context(elsewhere(folder / "soft-targets"))
            told = _told(stack, self.verbose)
            made = distill(data=data, out=folder / "run", watcher=told, **self._study())
        self.student_, self.n_iter_ = made.student, len(made.history["hard"])
        self._columns, self._task = data.columns, data.task
        return self

    def compare(
        self,
        X: Any,  # noqa: N803
        y: Any,
        *,
        unlabelled: Any = None,
        groups: Any = None,
        out: str | Path | None = None,
        settings: Iterable[str] = (),
        **protocol: Any,
    ) -> Comparison:
        """Compare teacher, student and simple on these rows, as :func:`overproof.compare` does; nothing is fitted.

        Args:
            X: as for :meth:`fit`, like the next three.
            y: labels or values.
            unlabelled: more rows.
            groups: of the rows.
            out: the run folder; by default ``runs/`` and a name made of the data and what identifies the run.
            settings: ``table.key=value``, which go over everything.
            **protocol: keys of the study's ``[protocol]``: ``folds``, ``repeats``, ``metric``, ….

        Returns:
            The results; ``results.json`` and ``report.html`` are in the run folder.
        """
        fresh = type(self)(**self.get_params(deep=False))
        data = fresh._rows(X, y, unlabelled, groups)
        study = self._study()
        study["protocol"] |= protocol
        with ExitStack() as stack:
            told = _told(stack, self.verbose)
            return compare(data=data, out=out, settings=settings, watcher=told, **study)

    def _study(self) -> dict[str, Any]:
        """The study's tables that the parameters make."""
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31 - 1)
        teacher = self._teacher if self.teacher is None else self.teacher
        student = _table(self.student, "model")
        training = student.get("training", {})
        for key in _TRAINING:
            if key in training:
                raise StudyError(f"student.training.{key} is the estimator's parameter {key}; say it there")
        student["training"] = {**training, **{key: getattr(self, key) for key in _TRAINING}}
        return {
            "teacher": {"cross_fit": self.cross_fit, **_table(teacher, "model")},
            "student": student,
            "method": self._method(),
            "protocol": {"seed": int(seed), "validation": self.validation},
            "run": {"device": self.device},
        }

    def _method(self) -> dict[str, Any]:
        if isinstance(self.method, Method):
            table: dict[str, Any] = {"name": self.method.name, **self.method.settings}
        else:
            table = _table(self.method, "name")
        own = {key: getattr(self, key, None) for key in ("alpha", "temperature")}
        return table | {key: value for key, value in own.items() if value is not None}

    def _rows(self, X: Any, y: Any, unlabelled: Any, groups: Any) -> Dataset:  # noqa: N803
        """The rows as a study would have them from a file or from Python."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        table = self._checked(X, reset=True)
        labels, task = self._answers(y)
        check_consistent_length(table, labels)
        data = pairs.labelled(table, labels, task)
        self._learn_classes(labels, data)
        more = None if unlabelled is None else self._checked(unlabelled, reset=False)
        return pairs.completed(data, more, groups)

    def _checked(self, X: Any, *, reset: bool) -> Any:  # noqa: N803
        """A frame, or numbers as a new array [rows, columns], float32; names and number of columns are remembered."""
        if not is_frame(X):
            told = {"dtype": np.float32, "ensure_all_finite": "allow-nan", "ensure_min_samples": 2 if reset else 1}
            # no −0: rows that are equal have equal bytes
            return validate_data(self, X, reset=reset, **told) + np.float32(0)
        frame = pairs.whole(X)
        validate_data(self, frame, reset=reset, skip_check_array=True)
        return frame

    @abstractmethod
    def _answers(self, y: Any) -> tuple[Any, Task]:
        """What to learn, and the task it makes."""

    @abstractmethod
    def _learn_classes(self, labels: Any, data: Dataset) -> None:
        """Remember what the outputs mean."""

    def _said(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """The student's outputs [rows, outputs]."""
        check_is_fitted(self)
        rows = self._checked(X, reset=False)
        if is_frame(rows):
            table = as_table(rows, "X")
            # names and order are those of training by now, or there were none
            named = zip(self._columns, table.columns, strict=True)
            rows = later.encoded(table, [replace(column, name=name) for column, name in named])
        elif words := [column.name for column in self._columns if column.categories is not None]:
            raise DataError(f"X is an array, and in training column {words[0]!r} held words; give a frame")
        with one_thread():
            return predict(self.student_, rows, np.arange(len(rows), dtype=np.uint64), resolve(self.device))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "student_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags


def _table(value: Any, key: str) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {key: value}


def _told(stack: ExitStack, verbose: int) -> Watcher | None:
    """Whoever is told about progress, for as long as the stack lasts."""
    return stack.enter_context(watcher(Console(stderr=True))) if verbose else None


class DistilledClassifier(ClassifierMixin, _Distilled):  # type: ignore[misc]
    """A small network that learns a classification from a teacher.

    The teacher is fitted on the rows first, unless it was brought; then the student learns from the labels and from
    what the teacher says. A teacher that memorises its rows answers for each of them out of fold. There are two classes
    or more, or several yes-or-no labels for each row (columns of 0 and 1).

    Args:
        teacher: an estimator, a name (``"lightgbm"``, ``"sklearn:RandomForestClassifier"``), a table with ``model`` and
            settings, a module or a function that returns one, a function that answers about rows, or a list of these.
            An estimator that is fitted is asked as it is; ``clone``, and so ``cross_val_score``, makes it unfitted, and
            it is then fitted on the rows of each fold. None: ``"sklearn:HistGradientBoostingClassifier"``.
        student: a name (``"mlp"``), a table such as ``{"model": "mlp", "width": 64}``, or a function that returns a
            fresh module for ``(shape, classes)``.
        method: a method's name, a table or a method.
        alpha: how much the teacher counts. None: as the method has it (0.9 for ``kd``).
        temperature: how soft the teacher's answers are made. None: as the method has it (4 for ``kd``).
        epochs: passes over the rows.
        batch_size: rows of a step.
        learning_rate: the highest of the schedule.
        validation: share of the rows that choose the best epoch; 0 keeps the last.
        cross_fit: whether a teacher that is fitted answers out of fold; ``"auto"``: where it memorises.
        random_state: decides everything that is random. A whole number is the study's seed.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ….
        verbose: 0 is silent, 1 reports progress on standard error.

    Attributes:
        classes_: the classes, sorted; of several labels, their positions.
        student_: the trained network, an ``nn.Module`` in eval mode that takes raw rows, words as positions in the
            column's categories.
        n_iter_: epochs that were trained.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X was a frame.

    Example:
        >>> from sklearn.datasets import load_breast_cancer
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = load_breast_cancer(return_X_y=True)
        >>> student = DistilledClassifier(LogisticRegression(), {"model": "mlp", "width": 16}, random_state=0)
        >>> student.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.9
        True
    """

    classes_: NDArray[Any]
    _places: NDArray[np.int64]
    _teacher = "sklearn:HistGradientBoostingClassifier"

    def __init__(
        self,
        teacher: Any = None,
        student: Any = "mlp",
        *,
        method: Any = "kd",
        alpha: float | None = None,
        temperature: float | None = None,
        epochs: int = 30,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        validation: float = 0.1,
        cross_fit: bool | str = "auto",
        random_state: Any = None,
        device: str = "auto",
        verbose: int = 0,
    ) -> None:
        super().__init__(
            teacher,
            student,
            method=method,
            alpha=alpha,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            validation=validation,
            cross_fit=cross_fit,
            random_state=random_state,
            device=device,
            verbose=verbose,
        )
        self.temperature = temperature

    def decision_function(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """The student's logits [rows, classes]; of two classes, by how much the second is ahead [rows]."""
        logits = self._said(X).astype(np.float64)
        if self._task == "multilabel":
            return logits
        ordered: NDArray[np.float64] = logits[:, self._places]
        return ordered[:, 1] - ordered[:, 0] if len(self.classes_) == 2 else ordered

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities [rows, classes] in the order of ``classes_``; of several labels, one of each [rows, labels]."""
        logits = self._said(X)
        found = TASKS[self._task].said(logits)
        return found if self._task == "multilabel" else found[:, self._places]

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The likeliest class of every row [rows]; of several labels, 1 where likelier than not [rows, labels]."""
        found = self.predict_proba(X)
        if self._task == "multilabel":
            return (found > 0.5).astype(np.int64)
        return self.classes_[found.argmax(axis=1)]  # type: ignore[no-any-return]

    def _answers(self, y: Any) -> tuple[Any, Task]:
        kept = y if is_frame(y) or is_series(y) else None
        array = y.toarray() if issparse(y) else as_array(y, "y")
        pairs.check_there(array)
        assert_all_finite(array, input_name="y")
        check_classification_targets(array)
        kind = type_of_target(array, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError("y has several columns of more than two values; give a column of 0 and 1 for each label")
        if kind == "multilabel-indicator":
            return array if kept is None else kept, "multilabel"
        flat = column_or_1d(array, warn=True)
        return flat if kept is None else kept, "multiclass" if kind == "multiclass" else "binary"

    def _learn_classes(self, labels: Any, data: Dataset) -> None:
        if data.task == "multilabel":
            self.classes_ = np.arange(len(data.classes))
            return
        values = column_or_1d(as_array(labels, "y"))
        self.classes_, first = np.unique(values, return_index=True)
        self._places = data.labels[first]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class DistilledRegressor(RegressorMixin, _Distilled):  # type: ignore[misc]
    """A small network that learns a value of each row, or several, from a teacher.

    It works as :class:`DistilledClassifier` does, and its parameters are those of that class; the teacher's values take
    the place of its probabilities, and nothing has a temperature.

    Args:
        teacher: None is ``"sklearn:HistGradientBoostingRegressor"``.

    Attributes:
        student_: the trained network, an ``nn.Module`` in eval mode that takes raw rows, as the classifier's does, and
            says values in their own unit.
        n_iter_: epochs that were trained.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X was a frame.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn.linear_model import Ridge
        >>> X, y = load_diabetes(return_X_y=True)
        >>> student = DistilledRegressor(Ridge(alpha=0.1), {"model": "mlp", "width": 16}, random_state=0)
        >>> student.fit(X[:300], y[:300]).predict(X[300:]).shape
        (142,)
    """

    _teacher = "sklearn:HistGradientBoostingRegressor"

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """The value of every row [rows], or several [rows, values]."""
        found = TASKS["regression"].said(self._said(X))
        return found[:, 0] if found.shape[1] == 1 else found

    def _answers(self, y: Any) -> tuple[Any, Task]:
        kept = y if is_frame(y) or is_series(y) else None
        array = check_array(y, ensure_2d=False, dtype="numeric", input_name="y", estimator=self)
        if array.ndim == 1 or array.shape[1] == 1:
            array = column_or_1d(array, warn=True)
        return array if kept is None else kept, "regression"

    def _learn_classes(self, labels: Any, data: Dataset) -> None:
        """There are none."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
