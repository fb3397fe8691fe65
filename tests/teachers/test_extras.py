from __future__ import annotations

import sys

import pytest

from overproof.errors import MissingExtraError
from overproof.teachers.extras import library
from tests.teachers.pupils import made, table


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("lightgbm", 'pip install "overproof[tabular]"'),
        ("onnxruntime", 'pip install "overproof[onnx]"'),
        ("transformers", 'pip install "overproof[hf]"'),
        ("pandas", 'pip install "overproof[tabular]"'),
        ("xgboost", "pip install xgboost"),
        ("catboost", "pip install catboost"),
    ],
)
def test_what_is_missing_is_said_with_its_command(name: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError) as caught:
        library(name, "it")
    assert str(caught.value) == f"it needs {name}, which is not installed: {command}"


def test_a_teacher_that_needs_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(MissingExtraError, match=r'^teacher.model = "xgboost" needs xgboost, which is not installed'):
        made("xgboost", table())
