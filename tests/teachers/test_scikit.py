from __future__ import annotations

from typing import Any

import pytest

from overproof.errors import StudyError
from overproof.teachers import scikit
from tests.teachers.pupils import made, table


@pytest.mark.parametrize(
    ("model", "task", "settings", "sentence"),
    [
        (
            "RandomForestClasifier",
            "binary",
            {},
            "is not a classifier of scikit-learn; did you mean 'RandomForestClassifier'",
        ),
        ("os", "binary", {}, "'sklearn:os' is not a classifier of scikit-learn; it has"),
        ("LinearRegression", "binary", {}, "'sklearn:LinearRegression' is a regressor, and the task is binary"),
        ("LogisticRegression", "regression", {}, "is a classifier, and the task is regression"),
        (
            "RandomForestClassifier",
            "binary",
            {"n_estimator": 3},
            "has no key 'n_estimator' .* did you mean 'n_estimators'",
        ),
        ("RandomForestClassifier", "binary", {"n_estimators": -3}, r"int in the range \[1, inf\). Got -3 instead"),
        ("RandomForestClassifier", "binary", {"criterion": "ginny"}, "'criterion' parameter .* Got 'ginny' instead"),
        ("VotingClassifier", "binary", {}, "required positional argument: 'estimators'.* need a live estimator"),
    ],
)
def test_what_scikit_learn_does_not_have(model: str, task: str, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StudyError, match=sentence):
        made(f"sklearn:{model}", table(task), **settings)


@pytest.mark.parametrize(
    ("model", "task", "by_heart"),
    [
        ("LogisticRegression", "binary", False),
        ("GaussianNB", "binary", False),
        ("LinearDiscriminantAnalysis", "binary", False),
        ("LinearSVC", "binary", False),
        ("Ridge", "regression", False),
        ("RandomForestClassifier", "binary", True),
        ("HistGradientBoostingRegressor", "regression", True),
        ("KNeighborsClassifier", "binary", True),
        ("DecisionTreeClassifier", "binary", True),
        ("GaussianProcessClassifier", "binary", True),
        ("SVC", "binary", True),
        ("MLPClassifier", "binary", True),
    ],
)
def test_who_knows_its_rows_by_heart(model: str, task: str, by_heart: bool) -> None:
    assert made(f"sklearn:{model}", table(task)).memorises is by_heart


def test_an_unknown_class_may_know_its_rows_by_heart() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    class LinearSVC(LogisticRegression):  # type: ignore[misc]
        pass

    assert scikit.memorises(LinearSVC())
    assert scikit.memorises(make_pipeline(LogisticRegression()))


def test_what_is_fitted() -> None:
    from sklearn.linear_model import LogisticRegression

    class Like:
        def fit(self, rows: Any, labels: Any) -> Like:
            self.classes_ = labels
            return self

    assert not scikit.is_fitted(LogisticRegression())
    assert scikit.is_fitted(LogisticRegression().fit([[0], [1]], [0, 1]))
    assert not scikit.is_fitted(Like())
    assert scikit.is_fitted(Like().fit(1, 2))
    assert scikit.is_fitted(object()), "it cannot be fitted"


def test_who_prepares_its_rows() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(LogisticRegression())
    assert scikit.prepares_rows(pipeline)
    assert scikit.prepares_rows(GridSearchCV(pipeline, {}))
    assert not scikit.prepares_rows(LogisticRegression())
    assert not scikit.prepares_rows(object())
