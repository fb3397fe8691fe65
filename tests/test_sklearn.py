"""The scikit-learn surface: its own checks, what people do with estimators, and the same numbers as elsewhere."""

# ruff: noqa: N803, N806 (X is what scikit-learn calls rows)

from __future__ import annotations

import os
import pickle
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import overproof
from overproof import DistilledClassifier, DistilledRegressor
from overproof.errors import DataError, ModelError, StudyError
from overproof.methods.kd import KD
from overproof.sources import catalogue as sources
from overproof.sources import pairs
from overproof.study import Data, Task
from overproof.targets.store import root

SMALL = {"model": "mlp", "width": 8}
HERE = ["run.executor=in-process"]
QUICK: dict[str, Any] = {"epochs": 2, "random_state": 0}
#: Enough for a few rows.
LEARNING: dict[str, Any] = {"epochs": 15, "batch_size": 8, "learning_rate": 0.03, "random_state": 0}
#: Scikit-learn's checks that the estimators do not pass, and why: none.
EXCEPTIONS: dict[str, str] = {}


def checked() -> list[Any]:
    """Estimators for scikit-learn's checks: cheap, and enough epochs for the few rows that they bring."""
    enough: dict[str, Any] = {"epochs": 10, "batch_size": 16, "learning_rate": 0.02}
    student = {"model": "mlp", "width": 16}
    return [
        DistilledClassifier(LogisticRegression(), student, **enough),
        DistilledRegressor(Ridge(), student, **enough),
    ]


@pytest.mark.filterwarnings("default")  # scikit-learn looks for those that matter itself
@parametrize_with_checks(checked(), expected_failed_checks=lambda estimator: EXCEPTIONS)  # type: ignore[untyped-decorator]
def test_scikit_learn_is_content(estimator: Any, check: Any) -> None:
    check(estimator)


def rows(count: int = 60) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of two classes, and their labels."""
    X, y = load_breast_cancer(return_X_y=True)
    return X[:count], y[:count]


def jobs(count: int = 240) -> Any:
    """A frame with numbers, words and gaps, whose column ``pay`` can be told from the others."""
    pandas = pytest.importorskip("pandas")
    draw = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "age": np.where(draw.random(count) < 0.1, np.nan, draw.integers(18, 80, count)),
            "height": draw.normal(1.7, 0.1, count).round(3),
            "job": draw.choice(["cook", "judge", "none"], count),
        }
    )
    frame.loc[draw.random(count) < 0.1, "job"] = None
    score = frame["age"].fillna(40) + 20 * (frame["job"] == "judge") + draw.normal(0, 5, count)
    frame["pay"] = np.where(score > 50, "high", "low")
    return frame


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of one's own to be in, and for temporary files, which are all gone afterwards."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not list(temporary.glob("overproof-*"))


# --- the same numbers, however they are asked for ---


def test_a_file_python_and_the_estimator_give_the_same_numbers() -> None:
    frame = jobs()
    frame.to_csv("jobs.csv", index=False)
    Path("study.toml").write_text(
        """
        [data]
        source = "jobs.csv"
        target = "pay"
        [teacher]
        model = "sklearn:RandomForestClassifier"
        n_estimators = 9
        [student]
        model = "mlp"
        width = 8
        training.epochs = 3
        training.batch_size = 32
        [method]
        alpha = 0.7
        temperature = 2.0
        [protocol]
        folds = 3
        seed = 5
        [run]
        executor = "in-process"
        """,
        "utf-8",
    )
    X, y, forest = frame.drop(columns="pay"), frame["pay"], RandomForestClassifier(n_estimators=9)
    tables: dict[str, Any] = {
        "data": (X, y),
        "teacher": forest,
        "student": {**SMALL, "training": {"epochs": 3, "batch_size": 32}},
        "method": {"name": "kd", "alpha": 0.7, "temperature": 2.0},
        "protocol": {"folds": 3, "seed": 5},
        "run": {"executor": "in-process"},
    }
    estimator = DistilledClassifier(forest, SMALL, alpha=0.7, temperature=2.0, epochs=3, batch_size=32, random_state=5)

    told = [
        overproof.compare("study.toml"),
        overproof.compare(**tables),
        estimator.compare(X, y, folds=3, settings=HERE),
    ]
    found = [
        _without(each.result.model_dump(mode="json"), "study", "name", "model", "command", "notes") for each in told
    ]
    assert found[0]["data"]["digest"] == found[1]["data"]["digest"] == found[2]["data"]["digest"]
    assert found[0]["arms"][2]["scores"]["accuracy"]["values"]
    assert found[0] == found[1] == found[2]

    students = [overproof.distill("study.toml").student, overproof.distill(**tables).student]
    states = [student.state_dict() for student in (*students, estimator.fit(X, y).student_)]
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name]), name
        assert torch.equal(tensor, states[2][name]), name
    assert len([path for path in Path("runs").iterdir() if path.name.endswith("-final")]) == 2


def _without(value: Any, *keys: str) -> Any:
    """Results without what says where they came from."""
    if isinstance(value, dict):
        return {key: _without(inner, *keys) for key, inner in value.items() if key not in keys}
    return [_without(each, *keys) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("task", "targets"),
    [
        ("regression", ["price"]),
        ("regression", ["price", "weight"]),
        ("multiclass", ["kind"]),
        ("multilabel", ["new", "red"]),
        ("binary", ["new"]),
        ("binary", ["sold"]),
    ],
)
def test_every_task_is_the_same_from_a_file(task: Task, targets: list[str]) -> None:
    pandas = pytest.importorskip("pandas")
    draw = np.random.default_rng(0)
    X = pandas.DataFrame({"a": draw.normal(size=90).round(3), "b": draw.integers(0, 5, 90), "c": draw.random(90) < 0.4})
    y = pandas.DataFrame(
        {
            "price": (2 * X["a"] + X["b"]).round(2),
            "weight": draw.normal(size=90).round(1),
            "kind": draw.integers(7, 10, 90),
            "new": draw.integers(0, 2, 90),
            "red": draw.integers(0, 2, 90),
            "sold": X["a"] > 0,
        }
    )[targets]
    pandas.concat((X, y), axis=1).to_csv("rows.csv", index=False)
    y = y if len(targets) > 1 else y[targets[0]]
    estimator = DistilledRegressor if task == "regression" else DistilledClassifier
    name = "sklearn:DecisionTreeRegressor" if task == "regression" else "sklearn:DecisionTreeClassifier"
    target = targets if len(targets) > 1 else targets[0]
    source = {"source": "rows.csv", "target": target, "task": task}
    made = overproof.distill(data=source, teacher=name, student={**SMALL, "training": {"epochs": 2}}, out="run")
    state = estimator(name, SMALL, **QUICK).fit(X, y).student_.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in made.student.state_dict().items())
    assert pairs.labelled(X, y, task).digest == sources.load(Data.model_validate(source), 0).digest


def test_arrays_are_the_same_as_for_compare() -> None:
    X, y = load_iris(return_X_y=True)
    one = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).compare(X, y, folds=2, settings=HERE, out="one")
    two = overproof.compare(
        settings=HERE,
        data=(X, y),
        teacher=LogisticRegression(),
        student={**SMALL, "training": {"epochs": 2}},
        protocol={"folds": 2},
        out="two",
    )
    assert one.result == two.result


# --- what is learnt ---


def test_a_student_learns_from_the_teacher_and_nobody_else() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    made: dict[str, Any] = {"alpha": 1.0, "temperature": 1.0, **LEARNING}
    right = DistilledClassifier(LogisticRegression(), SMALL, **made).fit(X[:300], y[:300])
    contrary = DistilledClassifier(lambda rows: -4.0 * rows[:, :1] + 56.0, SMALL, **made).fit(X[:300], y[:300])
    assert right.score(X[300:], y[300:]) > 0.93
    # its teacher says of large cells what the labels say of small ones, and the student has learnt it
    assert contrary.score(X[300:], y[300:]) > 0.8
    opposite = DistilledClassifier(lambda rows: 4.0 * rows[:, :1] - 56.0, SMALL, **made).fit(X[:300], y[:300])
    assert opposite.score(X[300:], y[300:]) < 0.3


def test_labels_of_every_kind_come_back() -> None:
    X, y = rows()
    for names in (["no", "yes"], [3, -7], [1.0, 2.0], [False, True], ["10", "9"]):
        labels = np.array(names)[y]
        student = DistilledClassifier(LogisticRegression(), SMALL, **LEARNING)
        student.fit(X, labels)
        assert student.classes_.tolist() == sorted(names)
        assert student.classes_.dtype == labels.dtype
        assert student.predict(X).dtype == labels.dtype
        assert student.score(X, labels) > 0.85
        columns = student.predict_proba(X)
        np.testing.assert_allclose(columns.sum(axis=1), 1)
        assert (student.classes_[columns.argmax(axis=1)] == student.predict(X)).all()


def test_text_labels_stay_text() -> None:
    X, y = load_iris(return_X_y=True)
    labels = np.array(["007", "NA", "None"])[y]
    student = DistilledClassifier(LogisticRegression(), SMALL, **LEARNING).fit(X, labels)
    assert student.classes_.tolist() == ["007", "NA", "None"]
    assert student.score(X, labels) > 0.8


def test_labels_of_a_frame_come_back() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = rows()
    frame = pandas.DataFrame(X)
    for labels in (
        pandas.Series(y).astype(bool),
        pandas.Series(np.array(["10", "9"])[y]),
        pandas.Series(np.array(["10", "9"])[y], dtype="category"),
        pandas.Series(y, dtype="Int64"),
    ):
        student = DistilledClassifier(LogisticRegression(), SMALL, **LEARNING)
        assert student.fit(frame, labels).score(frame, labels) > 0.85


def test_several_labels_of_a_row() -> None:
    X, y = make_multilabel_classification(120, 6, n_classes=3, random_state=0)
    student = DistilledClassifier(LogisticRegression(), SMALL, temperature=1.0, **LEARNING)
    student.fit(X, y)
    said = student.predict(X)
    assert said.shape == y.shape
    assert set(np.unique(said)) <= {0, 1}
    assert ((student.predict_proba(X) > 0.5) == said).all()
    assert ((student.decision_function(X) > 0) == said).all()
    assert (said == y).mean() > 0.7


def test_columns_of_more_than_two_values_are_refused() -> None:
    with pytest.raises(ValueError, match="a column of 0 and 1 for each label"):
        DistilledClassifier().fit(np.zeros((4, 2)), [[0, 1], [2, 1], [1, 0], [0, 2]])


def test_values_are_in_their_own_unit() -> None:
    X, y = load_diabetes(return_X_y=True)
    made: dict[str, Any] = LEARNING
    student = DistilledRegressor(Ridge(alpha=0.1), SMALL, **made).fit(X[:300], y[:300])
    assert student.score(X[300:], y[300:]) > 0.35
    far = DistilledRegressor(Ridge(alpha=0.1), SMALL, **made).fit(X[:300], 1e4 * y[:300] - 3e5)
    np.testing.assert_allclose(far.predict(X[300:]), 1e4 * student.predict(X[300:]) - 3e5, rtol=1e-2)
    several = DistilledRegressor(LinearRegression(), SMALL, **made).fit(X[:300], np.stack((y, -y), axis=1)[:300])
    assert several.predict(X[300:]).shape == (142, 2)
    assert several.score(X[300:], np.stack((y, -y), axis=1)[300:]) > 0.35
    with torch.no_grad():
        own = student.student_(torch.tensor(X[300:], dtype=torch.float32))
    np.testing.assert_allclose(own[:, 0].numpy(), student.predict(X[300:]), rtol=1e-5)


def test_labels_that_are_missing_are_refused() -> None:
    X, y = rows()
    missing = np.array([None if label else "a" for label in y], dtype=object)
    with pytest.raises(DataError, match=r"y row 19 is None \(\d+ of 60 rows have no label\)"):
        DistilledClassifier().fit(X, missing)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        DistilledClassifier().fit(X, np.where(y == 1, np.nan, 1.0))
    pandas = pytest.importorskip("pandas")
    with pytest.raises(DataError, match=r"y row 19 is (nan|None)"):
        DistilledClassifier().fit(pandas.DataFrame(X), pandas.Series(missing))
    with pytest.raises(DataError, match="X column 'a' appears 2 times"):
        DistilledClassifier().fit(pandas.DataFrame(X[:, :2], columns=["a", "a"]), y)


# --- teachers ---


class Twice(nn.Module):
    """A network that someone brings."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Two logits."""
        return torch.stack((rows[:, 0] - 14, 14 - rows[:, 0]), dim=1)


class Terse:
    """An estimator that says a class and nothing more."""

    def fit(self, X: Any, y: Any) -> None:
        """Nothing to learn."""

    def predict(self, X: Any) -> Any:
        """Never asked."""


def _network(shape: tuple[int, ...], classes: int) -> nn.Module:
    return nn.Linear(shape[0], classes)


@pytest.mark.parametrize(
    "teacher",
    [
        "sklearn:GaussianNB",
        {"model": "sklearn:DecisionTreeClassifier", "max_depth": 3},
        {"model": "mlp", "width": 16, "training": {"epochs": 1}},
        DecisionTreeClassifier(max_depth=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
        Twice(),
        _network,
        lambda rows: rows[:, 0] - 14,
        [LogisticRegression(), {"model": "sklearn:GaussianNB", "share": 2.0}],
        None,
    ],
    ids=["name", "table", "network", "estimator", "pipeline", "module", "builder", "function", "ensemble", "default"],
)
def test_every_kind_of_teacher(teacher: Any) -> None:
    X, y = rows()
    student = DistilledClassifier(teacher, SMALL, **QUICK).fit(X, y)
    assert student.predict_proba(X).shape == (60, 2)
    again = clone(student).fit(X, y)
    assert (again.predict_proba(X) == student.predict_proba(X)).all()
    if not isinstance(teacher, nn.Module) and callable(getattr(teacher, "fit", None)):
        with pytest.raises(NotFittedError):
            teacher.predict(X)  # a copy was fitted


def test_a_teacher_that_is_fitted_is_asked_as_it_is() -> None:
    X, y = rows(200)
    fitted = LogisticRegression(max_iter=10_000).fit(X, 1 - y)  # it has learnt the opposite
    made: dict[str, Any] = {"alpha": 1.0, "temperature": 1.0, **LEARNING}
    assert DistilledClassifier(fitted, SMALL, **made).fit(X, y).score(X, y) < 0.2
    # cloned, it is one that is not fitted, and learns what is so
    assert clone(DistilledClassifier(fitted, SMALL, **made)).fit(X, y).score(X, y) > 0.9
    frozen = DistilledClassifier(FrozenEstimator(fitted), SMALL, **made)
    assert cross_val_score(frozen, X, y, cv=2).max() < 0.2


def test_a_fitted_teacher_knows_truth_values_by_either_name() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = rows()
    for inputs, labels in ((X, y.astype(bool)), (pandas.DataFrame(X).add_prefix("c"), pandas.Series(y == 1))):
        fitted = DecisionTreeClassifier(random_state=0).fit(inputs, labels)
        student = DistilledClassifier(fitted, SMALL, alpha=1.0, temperature=1.0, **LEARNING).fit(inputs, labels)
        assert student.score(inputs, labels) > 0.85


def test_a_teacher_that_memorises_answers_out_of_fold() -> None:
    X, y = rows(200)
    noisy = np.where(np.random.default_rng(0).random(200) < 0.3, 1 - y, y)
    made: dict[str, Any] = {"alpha": 1.0, "epochs": 2, "random_state": 0, "validation": 0.0}
    nearest = KNeighborsClassifier(1)
    crossed = DistilledClassifier(nearest, SMALL, **made).fit(X, noisy)
    plain = DistilledClassifier(nearest, SMALL, cross_fit=False, **made).fit(X, noisy)
    assert (crossed.predict_proba(X) != plain.predict_proba(X)).any()
    told = DistilledClassifier(nearest, SMALL, cross_fit=True, **made).fit(X, noisy)
    assert (crossed.predict_proba(X) == told.predict_proba(X)).all()


def test_methods_and_students() -> None:
    X, y = rows()

    def weights(**changed: Any) -> list[list[float]]:
        made = {"student": SMALL, **QUICK, **changed}
        found: list[list[float]] = DistilledClassifier(LogisticRegression(), **made).fit(X, y).predict_proba(X).tolist()
        return found

    same = weights(alpha=0.3, temperature=2.0)
    assert weights(method=KD(alpha=0.3, temperature=2.0)) == same
    assert weights(method={"name": "kd", "alpha": 0.3, "temperature": 2.0}) == same
    assert weights(method={"name": "kd", "alpha": 0.9}, alpha=0.3, temperature=2.0) == same
    assert weights(alpha=0.3) != same
    assert weights(method="simple") == weights(alpha=0.0)
    assert weights(student=_network) != same
    patient = {**SMALL, "training": {"optimiser": "sgd"}}
    assert weights(student=patient, alpha=0.3, temperature=2.0) != same


def test_parameters_that_make_no_sense_are_refused() -> None:
    X, y = rows()
    with pytest.raises(StudyError, match=r"epochs must be at least 1, got 0"):
        DistilledClassifier(epochs=0).fit(X, y)
    with pytest.raises(StudyError, match=r"student.training.epochs is the estimator's parameter epochs; say it there"):
        DistilledClassifier(student={"model": "mlp", "training": {"epochs": 3}}).fit(X, y)
    with pytest.raises(StudyError, match="did you mean 'mlp'"):
        DistilledClassifier(student="mpl").fit(X, y)
    with pytest.raises(StudyError, match="has no key 'temperature'"):
        DistilledClassifier(LogisticRegression(), method="simple", temperature=2.0).fit(X, y)
    with pytest.raises(ModelError, match="says a class and nothing more"):
        DistilledClassifier(Terse()).fit(X, y)


# --- rows ---


def test_frames_with_words_and_gaps() -> None:
    frame = jobs()
    X, y = frame.drop(columns="pay"), frame["pay"]
    student = DistilledClassifier(LogisticRegression(), SMALL, **LEARNING)
    student.fit(X[:200], y[:200])
    assert student.feature_names_in_.tolist() == ["age", "height", "job"]
    assert student.n_features_in_ == 3
    assert student.score(X[200:], y[200:]) > 0.7

    later = X[200:].reset_index(drop=True)
    unknown = later.assign(job="pope")
    nowhere = later.assign(job="bishop")
    assert (student.predict_proba(unknown) == student.predict_proba(nowhere)).all()
    assert np.isfinite(student.predict_proba(later.assign(age=np.nan, height=np.nan, job=None))).all()
    assert (student.predict_proba(later.astype({"job": "category"})) == student.predict_proba(later)).all()
    one_by_one = np.vstack([student.predict_proba(later[row : row + 1]) for row in range(5)])
    assert (one_by_one == student.predict_proba(later)[:5]).all()

    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        student.predict(later[["height", "age", "job"]])
    with pytest.raises(ValueError, match="feature names should match"):
        student.predict(later.rename(columns={"age": "years"}))
    with pytest.raises(DataError, match=r"column 'age' holds words \('old'\), and held numbers in training"):
        student.predict(later.assign(age="old"))
    with pytest.raises(DataError, match="column 'height' is inf, which is infinite or too large"):
        student.predict(later.assign(height=np.inf))
    with pytest.raises(DataError, match="X has 0 rows"):
        student.predict(later[:0])
    nameless = pytest.warns(UserWarning, match="does not have valid feature names")
    with pytest.raises(DataError, match="in training column 'job' held words; give a frame"), nameless:
        student.predict(np.zeros((2, 3)))


def test_polars_frames_are_the_same_as_pandas_frames() -> None:
    polars = pytest.importorskip("polars")
    frame = jobs(120)
    X, y = frame.drop(columns="pay"), frame["pay"]
    other = polars.DataFrame({name: X[name].astype(object).where(X[name].notna(), None).tolist() for name in X})
    one = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X, y)
    two = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(other, polars.Series(y.tolist()))
    assert (one.predict_proba(X) == two.predict_proba(other)).all()
    assert (two.predict_proba(other.lazy()) == two.predict_proba(other)).all()
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        two.predict(other.select("job", "age", "height"))


def test_a_frame_of_numbers_is_an_array_with_names() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = rows()
    frame = pandas.DataFrame(X)
    one = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(frame, y)
    two = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X, y)
    assert (one.predict_proba(frame) == two.predict_proba(X)).all()
    assert (two.predict_proba(frame) == two.predict_proba(X)).all()
    assert (two.predict_proba(X.tolist()) == two.predict_proba(X)).all()
    several = DistilledRegressor(LinearRegression(), SMALL, **QUICK).fit(
        frame, pandas.DataFrame({"one": X[:, 0], "two": X[:, 1]})
    )
    assert several.predict(frame).shape == (60, 2)


def test_arrays_may_have_gaps_and_no_infinity() -> None:
    X, y = rows()
    X = X.copy()
    X[::7, 3] = np.nan
    student = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X, y)
    assert np.isfinite(student.predict_proba(X)).all()
    X[3, 3] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        student.predict(X)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        student.fit(csr_array(np.nan_to_num(X)), y)


def test_pixels_of_bytes_are_numbers_like_others() -> None:
    X, y = rows()
    X = np.clip(X, 0, 255).round()
    student = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X.astype(np.uint8), y)
    assert (student.predict_proba(X) == student.predict_proba(X.astype(np.uint8))).all()


def test_rows_without_labels_teach() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    made: dict[str, Any] = {"epochs": 10, "batch_size": 16, "random_state": 0}
    teacher = FrozenEstimator(make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:400], y[:400]))
    few = DistilledClassifier(teacher, SMALL, **made).fit(X[:40], y[:40])
    more = DistilledClassifier(teacher, SMALL, **made).fit(X[:40], y[:40], unlabelled=X[40:400])
    told = teacher.predict_proba(X[400:])
    assert np.abs(more.predict_proba(X[400:]) - told).mean() < np.abs(few.predict_proba(X[400:]) - told).mean()
    # -1 is a class like any other
    assert DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X, y - 1).classes_.tolist() == [-1, 0]


def test_rows_without_labels_of_a_frame() -> None:
    frame = jobs()
    X, y = frame.drop(columns="pay"), frame["pay"]
    more = X[100:].assign(job=X["job"][100:].where(X["job"][100:] != "cook", "gardener"))
    student = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X[:100], y[:100], unlabelled=more)
    assert student.predict(X).shape == (240,)
    with pytest.raises(ValueError, match="feature names should match"):
        student.fit(X[:100], y[:100], unlabelled=more.rename(columns={"age": "years"}))


def test_groups_stay_together() -> None:
    X, y = rows(120)
    groups = np.arange(120) // 4
    made: dict[str, Any] = {"epochs": 5, "random_state": 0, "validation": 0.3}
    alone = DistilledClassifier(LogisticRegression(), SMALL, **made).fit(X, y)
    together = DistilledClassifier(LogisticRegression(), SMALL, **made).fit(X, y, groups=groups)
    assert (alone.predict_proba(X) != together.predict_proba(X)).any()
    more = np.concatenate((groups, np.full(3, 99)))
    assert together.fit(X, y, unlabelled=X[:3] + 1, groups=more).n_iter_ == 5
    with pytest.raises(DataError, match=re.escape("expected (123,): one for every row, 120 of X and then 3 of unlab")):
        together.fit(X, y, unlabelled=X[:3] + 1, groups=groups)
    told = overproof.compare(
        settings=HERE,
        data={"inputs": X, "labels": y, "groups": groups},
        teacher=LogisticRegression(),
        student={**SMALL, "training": {"epochs": 5}},
        protocol={"folds": 2, "validation": 0.3},
        out="one",
    )
    found = DistilledClassifier(LogisticRegression(), SMALL, **made).compare(
        X, y, groups=groups, folds=2, settings=HERE, out="two"
    )
    assert told.result == found.result


# --- as an estimator ---


def test_it_works_where_estimators_work() -> None:
    frame = jobs()
    X, y = frame.drop(columns="pay"), frame["pay"]
    columns = ColumnTransformer(
        [("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["job"])], remainder="passthrough"
    )
    student = DistilledClassifier(DecisionTreeClassifier(max_depth=3), SMALL, **LEARNING)
    for model in (
        student,
        make_pipeline(columns, student),
        make_pipeline(columns.set_output(transform="pandas"), student),
    ):
        assert cross_val_score(model, X, y, cv=3).mean() > 0.65
    auc = cross_val_score(student, X, y, cv=GroupKFold(3), groups=np.arange(240) // 3, scoring="roc_auc")
    assert auc.mean() > 0.7
    assert cross_val_predict(student, X, y, cv=2, method="predict_proba").shape == (240, 2)


def test_a_search_over_its_parameters() -> None:
    X, y = rows(120)
    student = DistilledClassifier(DecisionTreeClassifier(max_depth=3), SMALL, epochs=6, batch_size=16, random_state=0)
    grid = {"alpha": [0.0, 0.9], "temperature": [1.0, 4.0], "teacher__max_depth": [1, 3]}
    search = GridSearchCV(student, grid, cv=2, error_score="raise").fit(X, y)
    table = search.cv_results_
    assert len(table["params"]) == 8
    without = {tuple(table[f"split{fold}_test_score"][place] for fold in range(2)) for place in range(4)}
    assert len(without) == 1  # alpha = 0 does not listen to any teacher
    assert search.best_estimator_.predict(X).shape == (120,)


def test_parameters_may_be_numbers_of_numpy() -> None:
    X, y = rows()
    student = {"model": "mlp", "width": np.int64(8)}
    made = DistilledClassifier(LogisticRegression(), student, random_state=np.int64(0))
    made.set_params(epochs=np.int64(2), alpha=np.float32(0.5), batch_size=np.int16(8), learning_rate=np.float64(0.01))
    same = DistilledClassifier(LogisticRegression(), SMALL, alpha=0.5, batch_size=8, learning_rate=0.01, **QUICK)
    assert (made.fit(X, y).predict_proba(X) == same.fit(X, y).predict_proba(X)).all()


def test_it_is_pickled_cloned_and_printed() -> None:
    X, y = rows()
    student = DistilledClassifier(DecisionTreeClassifier(), SMALL, alpha=0.5, **QUICK).fit(X, y)
    again = pickle.loads(pickle.dumps(student))  # noqa: S301 (our own)
    assert (again.predict_proba(X) == student.predict_proba(X)).all()
    params = student.get_params(deep=False)
    assert {**clone(student).get_params(deep=False), "teacher": params["teacher"]} == params
    assert repr(student) == (
        "DistilledClassifier(alpha=0.5, epochs=2, random_state=0,\n"
        "                    student={'model': 'mlp', 'width': 8},\n"
        "                    teacher=DecisionTreeClassifier())"
    )
    assert clone(student).set_params(teacher__max_depth=2).teacher.max_depth == 2


def test_the_seed_decides() -> None:
    X, y = rows()

    def said(state: Any) -> NDArray[Any]:
        student = DistilledClassifier(DecisionTreeClassifier(), SMALL, epochs=2, random_state=state)
        found: NDArray[Any] = student.fit(X, y).predict_proba(X)
        return found

    assert (said(0) == said(0)).all()
    assert (said(0) != said(1)).any()
    assert (said(np.random.RandomState(3)) == said(np.random.RandomState(3))).all()
    np.random.seed(0)
    first, second = said(None), said(None)
    assert (first != second).any()
    np.random.seed(0)
    assert (said(None) == first).all()


def test_the_world_stays_as_it_was(capfd: pytest.CaptureFixture[str], nothing_is_left: Path) -> None:
    X, y = rows()

    def world() -> list[Any]:
        torch_state, numpy_state = torch.get_rng_state().tolist(), np.random.get_state(legacy=False)
        return [
            torch_state,
            str(numpy_state),
            random.getstate(),
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            dict(os.environ),
            sorted(path.name for path in nothing_is_left.iterdir()),
            root().exists(),
        ]

    before = world()
    student = DistilledClassifier(RandomForestClassifier(5), SMALL, **QUICK).fit(X, y)
    student.predict(X)
    with pytest.raises(StudyError):
        DistilledRegressor(RandomForestRegressor(5), "nothing", random_state=0).fit(X, X[:, 0])
    assert world() == before
    assert capfd.readouterr() == ("", "")
    student.set_params(verbose=1).fit(X, y)
    told = capfd.readouterr()
    assert told.out == ""
    assert "train" in told.err


def test_the_student_is_an_ordinary_module() -> None:
    X, y = rows()
    student = DistilledClassifier(LogisticRegression(), SMALL, **QUICK).fit(X, y)
    assert isinstance(student.student_, nn.Module)
    assert not student.student_.training
    with torch.no_grad():
        own = student.student_(torch.tensor(X, dtype=torch.float32)).softmax(1)
    np.testing.assert_allclose(own.numpy(), student.predict_proba(X), rtol=1e-4)
    ahead = np.diff(np.log(student.predict_proba(X)), axis=1)[:, 0]
    np.testing.assert_allclose(student.decision_function(X), ahead, rtol=1e-4, atol=1e-5)
