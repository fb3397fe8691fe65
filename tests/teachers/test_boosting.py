from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from overproof.data.columns import Column
from overproof.errors import StudyError
from overproof.teachers.boosting import NAMES
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import everything, fitted, images, made, probabilities, table, texts

FEW = {"lightgbm": "n_estimators", "xgboost": "n_estimators", "catboost": "iterations"}


def small(name: str, data: Any, **settings: Any) -> Any:
    pytest.importorskip(name)
    return made(name, data, **{FEW[name]: 20, **settings})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel", "regression"])
def test_every_task(name: str, task: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = table(task)
    first, again = (fitted(small(name, data), data).answer(everything(data)) for _ in range(2))
    assert first.shape == (90, len(data.classes))
    np.testing.assert_array_equal(first, again)
    if task == "regression":
        assert np.corrcoef(first[:, 0], data.labels[:, 0])[0, 1] > 0.8
    elif task == "multilabel":
        assert ((first > 0) == data.labels).mean() > 0.8
    else:
        assert (first.argmax(axis=1) == data.labels).mean() > 0.8
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", NAMES)
def test_one_row_is_answered_as_among_others(name: str) -> None:
    data = table()
    voice = fitted(small(name, data), data)
    whole = voice.answer(everything(data))
    rows = np.array([5, 77, 13])
    np.testing.assert_array_equal(voice.answer(Shown.of(data, rows)), whole[rows])


@pytest.mark.parametrize("name", NAMES)
def test_words_are_no_numbers(name: str) -> None:
    """One split tells which words are "yes"; of their places in the alphabet no one split does."""
    jobs = np.arange(1000) % 8
    random = np.random.default_rng(0)
    inputs = np.column_stack([random.normal(size=1000), jobs]).astype(np.float32)
    inputs[::9, 0] = np.nan
    data = replace(
        table("binary"),
        inputs=inputs,
        labels=(jobs % 2).astype(np.int64),
        ids=np.arange(1000, dtype=np.uint64),
        columns=(Column("x"), Column("job", tuple("abcdefgh"))),
        keys=None,
    )
    one_split = {"catboost": {"depth": 1}}.get(name, {"max_depth": 1})
    said = fitted(small(name, data, **{FEW[name]: 1}, **one_split), data, np.arange(700)).answer(everything(data))
    margin = said[:, 1] - said[:, 0]
    assert margin[data.labels == 1].min() > margin[data.labels == 0].max()


@pytest.mark.parametrize("name", NAMES)
def test_a_class_and_a_category_never_seen(name: str) -> None:
    data = table()
    rows = np.flatnonzero((data.labels != 1) & (data.inputs[:, 2] != 3))
    said = probabilities(fitted(small(name, data), data, rows).answer(everything(data)))
    assert (said[:, 1] < 1e-6).all()
    assert (said[rows].argmax(axis=1) == data.labels[rows]).mean() > 0.8


@pytest.mark.parametrize("name", NAMES)
def test_a_label_that_is_always_the_same(name: str) -> None:
    data = table("multilabel")
    rows = np.flatnonzero(data.labels[:, 1] == 0)
    said = fitted(small(name, data), data, rows).answer(everything(data))
    np.testing.assert_allclose(said[:, 1], np.log(1e-7), rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data", [texts(), images()], ids=["texts", "images"])
def test_texts_and_images(name: str, data: Any) -> None:
    said = fitted(small(name, data), data).answer(everything(data))
    assert (said.argmax(axis=1) == data.labels).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_a_live_one_is_fitted_in_the_same_way(name: str) -> None:
    library = pytest.importorskip(name)
    data = table()
    cls = {"lightgbm": "LGBMClassifier", "xgboost": "XGBClassifier", "catboost": "CatBoostClassifier"}[name]
    live = getattr(library, cls)(**{FEW[name]: 20, ("n_jobs" if name != "catboost" else "thread_count"): 1})
    teacher = made("x", data, live=live)
    assert teacher.memorises
    said = fitted(teacher, data).answer(everything(data))
    if name != "lightgbm":  # whose order of rows the named one fixes
        np.testing.assert_allclose(said, fitted(small(name, data), data).answer(everything(data)), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "setting", "sentence"),
    [
        ("lightgbm", "max_deph", "did you mean 'max_depth'"),
        ("lightgbm", "zzz", "parameters are those of lightgbm.LGBMClassifier"),
        ("xgboost", "max_deph", "did you mean 'max_depth'"),
        ("catboost", "iteration", "did you mean 'iterations'"),
        ("catboost", "verson", "did you mean 'version'"),
    ],
)
def test_a_parameter_that_is_none(name: str, setting: str, sentence: str) -> None:
    pytest.importorskip(name)
    with pytest.raises(StudyError, match=rf"^\[teacher\] has no key '{setting}' for {name}; .*{sentence}"):
        small(name, table(), **{setting: 3})


def test_other_names_of_parameters_are_known() -> None:
    pytest.importorskip("lightgbm")
    data = table()
    few = fitted(made("lightgbm", data, num_iterations=3, feature_fraction=0.5), data)
    many = fitted(made("lightgbm", data, n_estimators=30), data)
    assert np.abs(few.answer(everything(data))).max() < np.abs(many.answer(everything(data))).max()


def test_the_seed_decides() -> None:
    pytest.importorskip("lightgbm")
    data = table()
    settings: dict[str, Any] = {"subsample": 0.5, "subsample_freq": 1, "n_estimators": 5}

    def said(seed: int, **more: Any) -> Any:
        return fitted(made("lightgbm", data, **settings, **more), data, seed=seed).answer(everything(data))

    assert not np.array_equal(said(1), said(2))
    np.testing.assert_array_equal(said(1, random_state=4), said(2, random_state=4))
