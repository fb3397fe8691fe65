"""The scikit-learn surface: scikit-learn's own checks, what people do with estimators, and the same numbers elsewhere."""

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
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import overproof
from overproof import DistilledClassifier, DistilledRegressor
from overproof.errors import DataError, ModelError, StudyError
from overproof.methods.kd import KD
from overproof.targets.store import root

SMALL = {"model": "mlp", "width": 8}
QUICK: dict[str, Any] = {"epochs": 2, "random_state": 0}
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
    }
    estimator = DistilledClassifier(
        forest, SMALL, alpha=0.7, temperature=2.0, epochs=3, batch_size=32, random_state=5
    )

    told = [overproof.compare("study.toml"), overproof.compare(**tables), estimator.compare(X, y, folds=3)]
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


def test_arrays_are_the_same_as_for_compare() -> None:
    X, y = load_iris(return_X_y=True)
    one = DistilledClassifier(Ridge_like(), SMALL, **QUICK).compare(X, y, folds=2, out="one")
    two = overproof.compare(
        data=(X, y),
        teacher=Ridge_like(),
        student={**SMALL, "training": {"epochs": 2}},
        protocol={"folds": 2},
        out="two",
    )
    assert one.result == two.result


def Ridge_like() -> LogisticRegression:  # noqa: N802
    """A teacher that is quickly fitted."""
    return LogisticRegression(max_iter=5000)
