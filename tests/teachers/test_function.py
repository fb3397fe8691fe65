from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from torch import nn

from overproof.errors import ModelError
from overproof.study import Teacher
from overproof.teachers.function import Function, answers_rows
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import everything, made, table, texts


class Answerer:
    def __call__(self, rows: Any) -> Any:
        return rows[:, :3]


def shifted(rows: Any, by: float = 0.0, *, outputs: int = 0) -> Any:
    return np.repeat(rows[:, :1] + by, outputs, axis=1) + np.arange(outputs)


@pytest.mark.parametrize(
    ("function", "settings", "answers"),
    [
        (lambda rows: rows, {}, True),
        (lambda rows, scale=1: rows, {"scale": 2}, True),
        (lambda rows, scale: rows, {}, False),
        (lambda rows, scale: rows, {"scale": 2}, True),
        (lambda rows, classes, shape, outputs: rows, {}, True),
        (lambda rows, *others, **more: rows, {}, True),
        (lambda: nn.ReLU(inplace=True), {}, False),
        (lambda width=8: nn.Identity(), {"width": 9}, False),
        (lambda shape, classes: nn.Identity(), {}, False),
        (lambda width, outputs: nn.Identity(), {"width": 3}, False),
        (lambda vocabulary, padding, classes: nn.Identity(), {}, False),
        (lambda *, rows: rows, {}, False),
        (partial(shifted, by=2.0), {}, True),
        (Answerer(), {}, True),
        (nn.Linear(2, 2), {}, False),
        (nn.Linear, {}, False),
        (Answerer, {}, False),
        (print, {}, False),
    ],
)
def test_a_function_answers_or_builds(function: Any, settings: dict[str, Any], answers: bool) -> None:
    assert answers_rows(function, settings) is answers


def test_it_gets_rows_and_settings_and_what_it_names() -> None:
    data = table(gaps=False)
    voice = made("x", data, live=shifted, by=1.5)
    assert isinstance(voice, Function)
    expected = (data.inputs[:, :1] + 1.5) + np.arange(3)
    np.testing.assert_allclose(voice.answer(everything(data)), expected, rtol=1e-6)


def test_texts_are_given_as_texts() -> None:
    data, seen = texts(), []

    def count(words: list[str]) -> Any:
        seen.append(words)
        return np.array([[0.0, 10.0 * ("good" in text)] for text in words])

    voice = made("x", data, live=count)
    voice.answer(everything(data))
    assert data.tokens is not None
    assert seen == [list(data.tokens.texts)]
    assert not voice.sees_views


def test_the_order_is_the_data_s_unless_the_study_says_another() -> None:
    data = table(gaps=False)
    plain, swapped = made("x", data, live=Answerer()), made("x", data, live=Answerer(), classes=["NA", "7", "007"])
    np.testing.assert_array_equal(plain.answer(everything(data))[:, ::-1], swapped.answer(everything(data)))
    assert plain.notes == ("Answerer: its outputs are taken to be in the order of the data's classes",)
    assert swapped.notes == ("Answerer: outputs reordered by the names of the classes",)
    with pytest.raises(ModelError, match="only in the teacher: 'x'"):
        made("x", data, live=Answerer(), classes=["NA", "7", "x"])


def test_whatever_it_raises_is_one_sentence() -> None:
    def broken(rows: Any) -> Any:
        raise KeyError("no\nsuch thing")

    with pytest.raises(ModelError, match=r"^broken failed on 90 rows \(KeyError: 'no\\nsuch thing'\)$"):
        made("x", table(), live=broken).answer(everything(table()))


def test_it_cannot_change_the_rows() -> None:
    data = table()

    def careless(rows: Any) -> Any:
        rows[:] = 0
        return rows

    before = data.inputs.copy()
    made("x", data, live=careless).answer(Shown(data, np.arange(len(data)), data.inputs))
    np.testing.assert_array_equal(data.inputs, before)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (lambda rows: np.full((len(rows), 3), 1 / 3), 'look like probabilities; say teacher.output = "probabilities"'),
        (lambda rows: rows[:, :2], r"returned shape \(90, 2\), expected \(90, 3\)"),
        (lambda rows: rows * np.nan, "row 'r000' is NaN in 3 of 3"),
        (lambda rows: "no", "returned str; expected"),
    ],
)
def test_what_it_says_is_checked(said: Any, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        made("x", table(), live=said).answer(everything(table()))


def test_probabilities_may_be_said() -> None:
    data = table()
    voice = made("x", data, live=lambda rows: np.full((len(rows), 3), 1 / 3), output="probabilities")
    np.testing.assert_allclose(voice.answer(everything(data)), np.log(1 / 3), rtol=1e-6)


def test_it_is_known_by_its_version_only() -> None:
    plain, versioned = Teacher(model="x"), Teacher(model="x", version="2024")
    data = table()
    assert Function(shifted, plain, data, "x").components() is None
    facts = Function(shifted, versioned, data, "x").components()
    assert facts is not None
    assert facts["version"] == "2024"
    assert facts["function"].endswith(":shifted")
    other = Function(Answerer(), versioned, data, "x").components()
    assert other is not None
    assert other["code"] is None
