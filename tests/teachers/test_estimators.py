from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from overproof.errors import ModelError, StudyError
from overproof.teachers.estimators import Estimator, Fitted
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import everything, fitted, images, made, probabilities, table, texts


def said(model: Any, data: Any, rows: Any = None, seed: int = 3, **settings: Any) -> Any:
    live = None if isinstance(model, str) else model
    name = model if isinstance(model, str) else "python:x"
    return fitted(made(name, data, live=live, **settings), data, rows, seed).answer(everything(data))


def test_probabilities_are_those_of_scikit_learn() -> None:
    """The same steps, put together by hand."""
    from sklearn.linear_model import LogisticRegression

    data = table(words=False)
    numbers = np.where(np.isnan(data.inputs), np.nanmedian(data.inputs, axis=0), data.inputs).astype(np.float64)
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    expected = LogisticRegression().fit(numbers, data.labels).predict_proba(numbers)
    np.testing.assert_allclose(probabilities(said("sklearn:LogisticRegression", data)), expected, atol=1e-5)


def test_values_are_those_of_scikit_learn() -> None:
    from sklearn.ensemble import RandomForestRegressor

    data = table("regression", words=False, gaps=False)
    numbers = data.inputs.astype(np.float64)
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    expected = RandomForestRegressor(10, random_state=3).fit(numbers, data.labels[:, 0]).predict(numbers)
    np.testing.assert_allclose(said("sklearn:RandomForestRegressor", data, n_estimators=10)[:, 0], expected, rtol=1e-5)


def test_it_learns_from_its_rows_and_from_no_others() -> None:
    data, rows = table(), np.arange(0, 60)
    other = replace(data, inputs=data.inputs.copy(), labels=data.labels.copy())
    other.inputs[60:] = 9
    other.labels[60:] = 0
    one, two = (fitted(made("sklearn:RandomForestClassifier", each), each, rows) for each in (data, other))
    np.testing.assert_array_equal(one.answer(Shown.of(data, rows)), two.answer(Shown.of(data, rows)))


def test_a_forest_knows_its_rows_by_heart_and_no_others() -> None:
    data, rows = table(), np.arange(0, 60)
    right = said("sklearn:RandomForestClassifier", data, rows).argmax(axis=1) == data.labels
    assert right[rows].all()
    assert not right[60:].all()


def test_the_seed_decides_where_the_user_does_not() -> None:
    pytest.importorskip("pandas")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    data = table(words=False)
    for model in ("sklearn:RandomForestClassifier", make_pipeline(SimpleImputer(), RandomForestClassifier(20))):
        assert np.array_equal(said(model, data, seed=1), said(model, data, seed=1))
        assert not np.array_equal(said(model, data, seed=1), said(model, data, seed=2))
    fixed = {"random_state": 5, "n_estimators": 20}
    assert np.array_equal(
        said("sklearn:RandomForestClassifier", data, seed=1, **fixed),
        said("sklearn:RandomForestClassifier", data, seed=2, **fixed),
    )


def test_threads_do_not_change_a_bit() -> None:
    data, model = table(), "sklearn:RandomForestClassifier"
    many = fitted(made(model, data, n_estimators=100, n_jobs=4), data)
    np.testing.assert_array_equal(many.answer(everything(data)), said(model, data, n_estimators=100))
    assert isinstance(many, Fitted)
    assert many._parts[0].estimator.n_jobs == 1, "sums of floats depend on which thread comes first"


def test_a_live_one_is_copied_and_left_as_it_was() -> None:
    from sklearn.tree import DecisionTreeClassifier

    data, live = table(), DecisionTreeClassifier(max_depth=2)
    teacher = made("python:x", data, live=live)
    assert isinstance(teacher, Estimator)
    np.testing.assert_array_equal(
        fitted(teacher, data).answer(everything(data)), said("sklearn:DecisionTreeClassifier", data, max_depth=2)
    )
    assert not hasattr(live, "tree_")
    assert live.random_state is None


def test_a_live_pipeline_takes_the_columns_by_name() -> None:
    pytest.importorskip("pandas")
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    data = table()
    prepare = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["job"]), (SimpleImputer(), ["the hours", "age"])
    )
    found = said(make_pipeline(prepare, HistGradientBoostingClassifier(max_iter=30, min_samples_leaf=5)), data)
    assert (found.argmax(axis=1) == data.labels).mean() > 0.9


def test_a_live_pipeline_takes_texts() -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    found = said(make_pipeline(CountVectorizer(), MultinomialNB()), texts())
    assert (found.argmax(axis=1) == texts().labels).all()


@pytest.mark.parametrize("model", ["LogisticRegression", "MultinomialNB", "GaussianNB", "RandomForestClassifier"])
@pytest.mark.parametrize("data", [texts(), images()], ids=["texts", "images"])
def test_texts_and_images(model: str, data: Any) -> None:
    assert (said(f"sklearn:{model}", data).argmax(axis=1) == data.labels).mean() > 0.9


def test_texts_have_no_views() -> None:
    assert not fitted(made("sklearn:MultinomialNB", texts()), texts()).sees_views
    assert fitted(made("sklearn:GaussianNB", table()), table()).sees_views


def test_classes_that_a_split_lacks_get_the_floor() -> None:
    data = table()
    rows = np.flatnonzero(data.labels != 0)
    found = probabilities(said("sklearn:GaussianNB", data, rows))
    np.testing.assert_allclose(found[:, 0], 1e-7, rtol=1e-3)
    assert (found[rows].argmax(axis=1) == data.labels[rows]).mean() > 0.6


def test_one_class_alone_is_sure() -> None:
    data = table("binary")
    found = probabilities(said("sklearn:LogisticRegression", data, np.flatnonzero(data.labels == 1)))
    np.testing.assert_allclose(found[:, 1], 1, atol=1e-6)


@pytest.mark.parametrize("model", ["LinearSVC", "RidgeClassifier", "Perceptron", "SGDClassifier", "SVC"])
def test_decision_values_are_calibrated(model: str) -> None:
    data = table("binary", words=False, gaps=False)
    found = probabilities(said(f"sklearn:{model}", data))
    confidence, right = found.max(axis=1), found.argmax(axis=1) == data.labels
    assert right.mean() > 0.8
    assert abs(confidence.mean() - right.mean()) < 0.15


def test_decision_values_of_too_few_rows_are_logits() -> None:
    data = table("binary", words=False, gaps=False)
    rows = np.append(np.flatnonzero(data.labels == 0), np.flatnonzero(data.labels == 1)[:1])
    assert np.isfinite(said("sklearn:LinearSVC", data, rows)).all()


@pytest.mark.parametrize("model", ["RandomForestClassifier", "LogisticRegression", "MLPClassifier", "RidgeClassifier"])
def test_several_labels(model: str) -> None:
    data = table("multilabel", gaps=False)
    found = said(f"sklearn:{model}", data)
    assert ((found > 0) == data.labels).mean() > 0.85
    # a label that is always there, or never
    rows = np.flatnonzero(data.labels[:, 1] == 1)
    np.testing.assert_allclose(said(f"sklearn:{model}", data, rows)[:, 1], -np.log(1e-7), rtol=1e-3)


@pytest.mark.parametrize("model", ["GradientBoostingRegressor", "ExtraTreesRegressor", "Ridge", "SVR"])
def test_several_values(model: str) -> None:
    data = table("regression", words=False, gaps=False)
    both = np.column_stack([data.labels[:, 0], -data.labels[:, 0]])
    data = replace(data, labels=both, classes=("up", "down"))
    found = said(f"sklearn:{model}", data)
    assert np.corrcoef(found[:, 0], both[:, 0])[0, 1] > 0.5
    np.testing.assert_allclose(found[:, 0], -found[:, 1], rtol=0.05)


def test_settings_name_classes_as_the_data_do() -> None:
    for names in (("no", "yes"), ("0", "1")):
        data = replace(table("binary", words=False, gaps=False), classes=names)
        plain = said("sklearn:LogisticRegression", data)
        heavy = said("sklearn:LogisticRegression", data, class_weight={names[0]: 1.0, names[1]: 9.0})
        assert (heavy[:, 1] - heavy[:, 0] > plain[:, 1] - plain[:, 0]).all()


def test_a_fit_that_did_not_converge_is_noted() -> None:
    voice = fitted(made("sklearn:MLPClassifier", table(), max_iter=2), table())
    assert len(voice.notes) == 1
    assert voice.notes[0].startswith("sklearn:MLPClassifier(max_iter=2): Stochastic Optimizer: Maximum iterations")


def test_a_fit_that_fails_is_one_sentence() -> None:
    with pytest.raises(
        ModelError, match=r"^sklearn:KNeighborsClassifier.* cannot answer about these rows \(Expected n_n"
    ):
        said("sklearn:KNeighborsClassifier", table(), n_neighbors=1000)
    with pytest.raises(ModelError, match=r"^sklearn:MultiTaskLasso cannot be fitted \(For mono-task outputs"):
        said("sklearn:MultiTaskLasso", table("regression"))


def test_hard_predictions_are_refused_before_anything_is_fitted() -> None:
    class Hard:
        def fit(self, rows: Any, labels: Any) -> None: ...

        def predict(self, rows: Any) -> Any: ...

    with pytest.raises(ModelError, match="Hard says a class and nothing more"):
        made("python:x", table(), live=Hard())


def test_anything_with_its_methods_counts() -> None:
    class Means:
        """The share of each class: nothing of scikit-learn's, and random where nobody looks."""

        def fit(self, rows: Any, labels: Any) -> Means:
            self.classes_, counts = np.unique(labels, return_counts=True)
            self.shares_ = counts / counts.sum() + 1e-3 * np.random.rand()
            return self

        def predict_proba(self, rows: Any) -> Any:
            return np.tile(self.shares_, (len(rows), 1))

    data = table()
    found = probabilities(said(Means(), data))
    np.testing.assert_allclose(found[0], np.bincount(data.labels) / len(data), atol=2e-3)
    one = said(Means(), data)
    np.random.rand()  # whoever else draws from numpy's generator
    np.testing.assert_array_equal(one, said(Means(), data))
    assert not np.array_equal(one, said(Means(), data, seed=4))
    assert made("python:x", data, live=Means()).memorises
    assert fitted(made("python:x", data, live=Means()), data).components() is None


def test_what_was_fitted_is_told() -> None:
    data = table()
    one = fitted(made("sklearn:GaussianNB", data, var_smoothing=0.1), data).components()
    assert one is not None
    assert one["settings"] == {"var_smoothing": 0.1}
    assert one["estimator"] == "sklearn.naive_bayes.GaussianNB"
    assert list(one["versions"]) == ["sklearn"]
    others = [
        fitted(made("sklearn:GaussianNB", data), data).components(),
        fitted(made("sklearn:GaussianNB", data, var_smoothing=0.1), data, np.arange(80)).components(),
        fitted(made("sklearn:GaussianNB", data, var_smoothing=0.1), data, seed=4).components(),
    ]
    assert all(other != one for other in others)


def test_the_facts_of_a_live_one_name_no_place_in_memory() -> None:
    from sklearn.pipeline import FunctionTransformer, make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    live = make_pipeline(FunctionTransformer(lambda rows: rows), DecisionTreeClassifier(max_depth=4))
    facts = made("python:x", table(), live=live).facts()
    assert " at 0x" not in str(facts)
    assert "max_depth=4" in str(facts)


@pytest.mark.parametrize("key", [{"classes": ["a"]}, {"output": "logits"}, {"version": "1"}])
def test_keys_that_have_no_meaning(key: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match=rf"^teacher.{next(iter(key))} has no meaning for a teacher that is fitted"):
        made("sklearn:GaussianNB", table(), **key)
