from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from overproof.data.columns import Column
from overproof.errors import ModelError, StudyError
from overproof.teachers.encoding import frame
from overproof.teachers.given import Given
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import NAMES, everything, made, probabilities, table, texts

PLAIN = table(words=False, gaps=False)
WORDS = np.array(NAMES)[PLAIN.labels]


def given(live: Any, data: Any = PLAIN, **keys: Any) -> Given:
    voice = made("python:x", data, live=live, **keys)
    assert isinstance(voice, Given)
    return voice


def forest(labels: Any = WORDS, rows: Any = PLAIN.inputs) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(20, random_state=0).fit(rows, labels)


def test_it_is_asked_as_it_is() -> None:
    live = forest()
    expected = live.predict_proba(PLAIN.inputs.astype(np.float64)).clip(1e-7)
    voice = given(live)
    np.testing.assert_allclose(probabilities(voice.answer(everything(PLAIN))), expected, atol=1e-6)
    rows = np.array([4, 50])
    np.testing.assert_array_equal(voice.answer(Shown.of(PLAIN, rows)), voice.answer(everything(PLAIN))[rows])
    assert voice.notes == ()


def test_its_classes_go_by_name() -> None:
    data = replace(PLAIN, classes=("NA", "007", "7"))  # another order than that of its text
    voice = given(forest(), data)
    expected = given(forest()).answer(everything(PLAIN))[:, [2, 0, 1]]
    np.testing.assert_array_equal(voice.answer(everything(data)), expected)
    assert voice.notes == ("RandomForestClassifier: outputs reordered by the names of the classes",)


def test_numbers_are_no_names_of_words() -> None:
    with pytest.raises(ModelError, match="only in the teacher: '0', '1', '2'; only in the data: '007', '7', 'NA'"):
        given(forest(PLAIN.labels))
    voice = given(forest(PLAIN.labels), classes=list(NAMES))
    np.testing.assert_array_equal(voice.answer(everything(PLAIN)), given(forest()).answer(everything(PLAIN)))


def test_numbers_are_spelt_as_the_data_spell_them() -> None:
    data = replace(PLAIN, classes=("10", "20", "30"))
    assert given(forest((PLAIN.labels + 1) * 10.0), data).notes == ()


def test_other_classes_are_refused() -> None:
    with pytest.raises(
        ModelError, match="RandomForestClassifier knows 2 classes, the data have 3; only in the data: 'NA'"
    ):
        given(forest(np.where(WORDS == "NA", "7", WORDS)))


def test_its_columns_go_by_name() -> None:
    pandas = pytest.importorskip("pandas")
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    data = table()
    rows = frame(everything(data), [2, 0], categorical=False)  # another order, and not all of them
    live = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["job"]), (SimpleImputer(), ["age"])), LogisticRegression()
    ).fit(rows, np.array(NAMES)[data.labels])
    expected = live.predict_proba(rows)
    np.testing.assert_allclose(probabilities(given(live, data).answer(everything(data))), expected, atol=1e-6)
    assert isinstance(rows, pandas.DataFrame)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_boosted_trees_get_their_categories(name: str) -> None:
    library = pytest.importorskip(name)
    pytest.importorskip("pandas")
    data = table(gaps=name != "catboost")
    rows = frame(everything(data), [2, 1, 0], categorical=name != "catboost")
    labels = np.array(NAMES)[data.labels]
    if name == "lightgbm":
        live = library.LGBMClassifier(n_estimators=20, verbosity=-1, n_jobs=1).fit(rows, labels)
    elif name == "xgboost":
        live = library.XGBClassifier(n_estimators=20, enable_categorical=True, n_jobs=1).fit(rows, data.labels)
    else:
        live = library.CatBoostClassifier(20, verbose=False, allow_writing_files=False, cat_features=["job"])
        live.fit(rows, labels)
    keys = {"classes": list(NAMES)} if name == "xgboost" else {}
    voice = given(live, data, **keys)
    np.testing.assert_allclose(probabilities(voice.answer(everything(data))), live.predict_proba(rows), atol=2e-6)
    few = np.array([3, 60])
    np.testing.assert_array_equal(voice.answer(Shown.of(data, few)), voice.answer(everything(data))[few])


def test_texts_go_to_a_pipeline() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    data = texts()
    live = make_pipeline(TfidfVectorizer(), ComplementNB())
    live.fit(everything(data).texts, np.array(["neg", "pos"])[data.labels])
    voice = given(live, data)
    assert not voice.sees_views
    assert (voice.answer(everything(data)).argmax(axis=1) == data.labels).all()


def test_decision_values_are_taken_for_logits_and_that_is_said() -> None:
    from sklearn.svm import LinearSVC

    data = table("binary", words=False, gaps=False)
    live = LinearSVC().fit(data.inputs, np.array(["no", "yes"])[data.labels])
    voice = given(live, data)
    assert voice.notes == ("LinearSVC: its decision values are taken for logits",)
    said = voice.answer(everything(data))
    np.testing.assert_allclose(said[:, 1], live.decision_function(data.inputs), rtol=1e-4)
    assert not said[:, 0].any()


def test_values() -> None:
    from sklearn.linear_model import Ridge

    data = table("regression", words=False, gaps=False)
    live = Ridge().fit(data.inputs, data.labels)
    np.testing.assert_allclose(
        given(live, data).answer(everything(data)), live.predict(data.inputs).reshape(-1, 1), rtol=1e-5
    )
    two = replace(data, labels=np.hstack([data.labels] * 2), classes=("up", "down"))
    both = Ridge().fit(data.inputs, two.labels)
    with pytest.raises(ModelError, match="does not say which values its outputs are about"):
        given(both, two)
    swapped = given(both, two, classes=["down", "up"])
    np.testing.assert_allclose(swapped.answer(everything(two)), both.predict(data.inputs)[:, ::-1], rtol=1e-5)


def test_several_labels_have_no_names_of_their_own() -> None:
    data = table("multilabel", words=False, gaps=False)
    live = forest(data.labels)
    with pytest.raises(ModelError, match="does not say which labels"):
        given(live, data)
    said = given(live, data, classes=["late", "big"]).answer(everything(data))
    assert ((said[:, ::-1] > 0) == data.labels).mean() > 0.95


def test_whatever_can_be_asked_counts() -> None:
    class Asked:
        def predict_proba(self, rows: Any) -> Any:
            return np.tile([0.2, 0.3, 0.5], (len(rows), 1))

    said = given(Asked(), classes=["NA", "7", "007"]).answer(everything(PLAIN))
    np.testing.assert_allclose(probabilities(said)[0], [0.5, 0.3, 0.2], atol=1e-6)


def test_gaps_that_it_does_not_take_are_one_sentence() -> None:
    from sklearn.linear_model import LogisticRegression

    live = LogisticRegression().fit(PLAIN.inputs, WORDS)
    with pytest.raises(ModelError, match=r"^LogisticRegression cannot answer about these rows \(Input X contains NaN"):
        given(live, table(words=False)).answer(everything(table(words=False)))


def test_it_is_known_by_its_version_only() -> None:
    assert given(forest()).components() is None
    facts = given(forest(), version="june").components()
    assert facts is not None
    assert facts["version"] == "june"


def test_settings_and_classes_of_objects_are_refused() -> None:
    from sklearn.ensemble import RandomForestClassifier

    with pytest.raises(StudyError, match="no key 'n_estimators' beside a live RandomForestClassifier"):
        made("python:x", PLAIN, live=forest(), n_estimators=3)
    with pytest.raises(ModelError, match=r"teacher is the class RandomForestClassifier; give an instance of it"):
        made("python:x", PLAIN, live=RandomForestClassifier)


@pytest.mark.parametrize("names", [("f0", "f1"), ("Column_0", "Column_1"), ("0", "1"), ("age", "the hours")])
def test_columns_with_names_like_places_go_by_name_too(names: tuple[str, str]) -> None:
    pandas = pytest.importorskip("pandas")
    columns = tuple(map(Column, names))
    data = replace(PLAIN, columns=columns)
    live = forest(rows=pandas.DataFrame(PLAIN.inputs, columns=list(names)))
    turned = replace(data, inputs=np.ascontiguousarray(PLAIN.inputs[:, ::-1]), columns=columns[::-1])
    expected = given(live, data).answer(everything(data))
    np.testing.assert_array_equal(given(live, turned).answer(everything(turned)), expected)
    more = replace(data, inputs=np.column_stack([PLAIN.inputs, PLAIN.inputs[:, 0]]), columns=(*columns, Column("z")))
    np.testing.assert_array_equal(given(live, more).answer(everything(more)), expected)


@pytest.mark.parametrize("names", [("f0", "f1"), ("a", "b")])
def test_an_array_has_no_names_to_go_by(names: tuple[str, str]) -> None:
    data = replace(PLAIN, columns=tuple(map(Column, names)))
    np.testing.assert_array_equal(
        given(forest(), data).answer(everything(data)), given(forest()).answer(everything(PLAIN))
    )


def test_another_kind_of_estimator_is_refused() -> None:
    from sklearn.linear_model import Ridge

    with pytest.raises(ModelError, match="Ridge is a regressor, and the task is multiclass"):
        given(Ridge().fit(PLAIN.inputs, PLAIN.inputs[:, 0]))
    with pytest.raises(ModelError, match="RandomForestClassifier is a classifier, and the task is regression"):
        given(forest(), table("regression", words=False, gaps=False))
