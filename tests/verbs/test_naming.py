"""What was given in Python has the name that a study file would give it, or a mark that says it has none."""

from __future__ import annotations

import functools
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from overproof.casting import LIVE
from overproof.data.dataset import from_arrays
from overproof.errors import StudyError
from overproof.methods.kd import KD
from overproof.verbs.naming import Given, tables_of

PAIR = (np.zeros((4, 2)), [0, 1, 0, 1])
HERE = __name__


def build() -> nn.Module:
    return nn.Linear(2, 2)


class Callable:
    def __call__(self, rows: Any) -> Any:
        return rows

    def method(self, rows: Any) -> Any:
        return rows


@pytest.mark.parametrize(
    ("data", "table"),
    [
        ("digits", {"source": "digits"}),
        (Path("a/b.csv"), {"source": "a/b.csv"}),
        (
            {"source": Path("b.csv"), "target": "y", "limit": np.int64(9)},
            {"source": "b.csv", "target": "y", "limit": 9},
        ),
        (PAIR, {"source": "python:arrays"}),
        ({"inputs": PAIR[0], "labels": PAIR[1], "groups": [1, 1, 2, 2]}, {"source": "python:arrays"}),
        ({"inputs": PAIR[0], "labels": PAIR[1], "task": "binary"}, {"source": "python:arrays", "task": "binary"}),
        ({"source": "t.csv", "groups": "patient"}, {"source": "t.csv", "groups": "patient"}),
        (from_arrays(*PAIR, "four"), {"source": "python:four"}),
    ],
)
def test_data(data: Any, table: dict[str, Any]) -> None:
    found = tables_of(Given(data=data))["data"]
    assert found == table
    assert all(type(value) in (str, int) for value in found.values())


@pytest.mark.parametrize(
    ("teacher", "model"),
    [
        ("cnn", "cnn"),
        (nn.Linear(2, 2), "python:Linear"),
        (build, f"{HERE}:build"),
        (lambda width=2: nn.Linear(width, width), "python:<lambda>"),
        (functools.partial(build), "python:partial"),
        (Callable(), "python:Callable"),
        (Callable().method, "python:Callable.method"),
        (["mlp", build, nn.Linear(2, 2)], ["mlp", f"{HERE}:build", "python:Linear"]),
        (
            ("mlp", {"model": nn.Linear(2, 2), "share": np.float64(2)}),
            ["mlp", {"model": "python:Linear", "share": 2.0}],
        ),
    ],
)
def test_models(teacher: Any, model: Any) -> None:
    given = Given(teacher=teacher, student={"model": teacher, "width": np.int32(8)})
    assert tables_of(given) == {"teacher": {"model": model}, "student": {"model": model, "width": 8}}


def test_a_function_has_a_name_where_another_process_finds_that_very_function(monkeypatch: pytest.MonkeyPatch) -> None:
    def inner() -> nn.Module:
        return build()

    monkeypatch.setattr(inner, "__qualname__", "build")  # as a decorator that is none does
    assert tables_of(Given(student=inner)) == {"student": {"model": "python:build"}}


def test_a_function_of_a_module_that_is_in_no_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    made = types.ModuleType("made_here")
    own = types.FunctionType(build.__code__, vars(made), "build")
    monkeypatch.setattr(made, "build", own, raising=False)
    monkeypatch.setitem(sys.modules, "made_here", made)
    assert own.__module__ == "made_here"
    assert tables_of(Given(student=own)) == {"student": {"model": "python:build"}}


def test_classes_of_a_teacher_are_a_setting_and_those_of_data_are_not() -> None:
    names = ["b", "a"]
    found = tables_of(
        Given(data={"inputs": 1, "labels": 2, "classes": names}, teacher={"model": "x", "classes": names})
    )
    assert found == {"data": {"source": "python:arrays"}, "teacher": {"model": "x", "classes": names}}


def test_methods() -> None:
    found = tables_of(Given(method=[KD(alpha=0.5), "simple", {"name": "kd", "arm": "x"}]))["method"]
    assert found == [{"name": "kd", "alpha": 0.5, "temperature": 4.0}, {"name": "simple"}, {"name": "kd", "arm": "x"}]


def test_protocol_and_run_are_dictionaries() -> None:
    assert tables_of(Given(protocol={"folds": np.int64(3)})) == {"protocol": {"folds": 3}}
    with pytest.raises(StudyError, match=r"run must be a dictionary of the study's \[run\], got str"):
        tables_of(Given(run="cpu"))  # type: ignore[arg-type]


def test_nothing_given_says_nothing() -> None:
    assert tables_of(Given()) == {}
    assert LIVE == "python:"


def test_classes_of_a_teacher_are_a_setting_and_those_of_rows_are_none() -> None:
    table = {"model": "onnx:m.onnx", "classes": ["b", "a"]}
    assert tables_of(Given(teacher=table))["teacher"] == table
    rows = {"inputs": PAIR[0], "labels": PAIR[1], "classes": ["b", "a"]}
    assert tables_of(Given(data=rows))["data"] == {"source": "python:arrays"}


@pytest.mark.parametrize("key", ["unlabelled", "groups", "test"])
@pytest.mark.parametrize("source", ["digits", {"a": [1.0]}])
def test_rows_beside_a_source_are_refused_not_dropped(key: str, source: Any) -> None:
    with pytest.raises(StudyError, match=rf"^data\.{key} is given as list beside data\.source"):
        tables_of(Given({"source": source, key: [[1.0], [2.0]]}))
