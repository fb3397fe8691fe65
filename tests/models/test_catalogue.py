from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from overproof.errors import StudyError, UnsafeError
from overproof.models.catalogue import REFERENCES, architecture
from overproof.study import Student, Teacher


def teacher(**values: Any) -> Teacher:
    return Teacher.model_validate(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"model": "cnnn"},
            "teacher.model = 'cnnn' is not a model; did you mean 'cnn'? Known: cnn, mlp, module:function",
        ),
        ({"model": "resnet50"}, "teacher.model = 'resnet50' is not a model; known: cnn, mlp, module:function"),
        (
            {"model": "cnn", "widht": 3},
            "[teacher] has no key 'widht'; did you mean 'width'? Known: dropout, leak, model, training, weights, width",
        ),
        (
            {"model": "cnn", "wieghts": "a"},
            "[teacher] has no key 'wieghts'; did you mean 'weights'? "
            "Known: dropout, leak, model, training, weights, width",
        ),
        ({"model": "cnn", "width": 0}, "teacher.width must be at least 1, got 0"),
        ({"model": "cnn", "width": 2.5}, "teacher.width must be a whole number, got 2.5"),
        ({"model": "mlp", "width": True}, "teacher.width must be a whole number, got true"),
        ({"model": "mlp", "dropout": 1}, "teacher.dropout must be less than 1, got 1"),
        ({"model": "mlp", "dropout": -0.5}, "teacher.dropout must be at least 0, got -0.5"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        architecture(teacher(**values), "teacher")
    assert str(caught.value) == message


def test_the_message_names_the_table() -> None:
    with pytest.raises(StudyError, match=r"^student\.width must be at least 1, got 0$"):
        architecture(Student.model_validate({"model": "mlp", "width": 0}), "student")
    with pytest.raises(StudyError, match=r"^\[student\] has no key 'weights'; "):
        architecture(Student.model_validate({"model": "mlp", "weights": "a"}), "student")


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_model_has_its_settings(name: str) -> None:
    made = architecture(teacher(model=name, width=3), "teacher")
    assert (made.name, made.settings) == (name, {"width": 3, "dropout": 0.0})
    assert str(made) == f"{name}(width=3, dropout=0.0)"


def test_code_is_run_with_trust_only(written: Callable[[str], str]) -> None:
    name = written("from torch import nn\ndef small(width):\n    return nn.Linear(width, 2)\n")
    table = teacher(model=f"{name}:small", width=5)
    with pytest.raises(UnsafeError):
        architecture(table, "teacher")
    made = architecture(table, "teacher", trust=True)
    assert str(made) == f"{name}:small(width=5)"
    assert str(made.build((5,), 2)) == "Linear(in_features=5, out_features=2, bias=True)"
