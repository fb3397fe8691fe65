from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from overproof.errors import ModelError, StudyError, UnsafeError
from overproof.models.architecture import Kind, check_fresh, check_outputs
from overproof.models.catalogue import REFERENCES, architecture, names
from overproof.study import Student, Teacher


def teacher(**values: Any) -> Teacher:
    return Teacher.model_validate(values)


KNOWN = "cnn, depthwise, embedding-bag, hf:PATH, mlp, module:function, resnet, timm:NAME, transformer"
KEYS = "classes, cross_fit, dropout, leak, model, output, training, version, weights, width"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "cnnn"}, f"teacher.model = 'cnnn' is not a model; did you mean 'cnn'? Known: {KNOWN}"),
        ({"model": "resnet50"}, f"teacher.model = 'resnet50' is not a model; did you mean 'resnet'? Known: {KNOWN}"),
        ({"model": "zzz"}, f"teacher.model = 'zzz' is not a model; known: {KNOWN}"),
        ({"model": "cnn", "widht": 3}, f"[teacher] has no key 'widht'; did you mean 'width'? Known: {KEYS}"),
        ({"model": "cnn", "wieghts": "a"}, f"[teacher] has no key 'wieghts'; did you mean 'weights'? Known: {KEYS}"),
        ({"model": "cnn", "width": 0}, "teacher.width must be at least 1, got 0"),
        ({"model": "cnn", "width": 2.5}, "teacher.width must be a whole number, got 2.5"),
        ({"model": "mlp", "width": True}, "teacher.width must be a whole number, got true"),
        ({"model": "mlp", "dropout": 1}, "teacher.dropout must be less than 1, got 1"),
        ({"model": "mlp", "dropout": -0.5}, "teacher.dropout must be at least 0, got -0.5"),
        ({"model": "resnet", "depth": 18}, "teacher.depth must be 8, 14, 20, 32, 44 or 56, got 18"),
        ({"model": "depthwise", "width": 0.0}, "teacher.width must be greater than 0, got 0.0"),
        ({"model": "transformer", "vocabulary": 0}, "teacher.vocabulary must be at least 1, got 0"),
        ({"model": ["cnn", "mlp"]}, "teacher.model is a list, which is an ensemble and no architecture"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        architecture(teacher(**values), "teacher")
    assert str(caught.value) == message


def test_the_message_names_the_table() -> None:
    with pytest.raises(StudyError, match=r"^student\.width must be at least 1, got 0$"):
        architecture(Student.model_validate({"model": "mlp", "width": 0}), "student")
    with pytest.raises(StudyError, match=r"^\[student\] has no key 'leak'; "):
        architecture(Student.model_validate({"model": "mlp", "leak": "none"}), "student")


def test_names_that_the_caller_knows_are_suggested_too() -> None:
    with pytest.raises(StudyError, match=r"did you mean 'lightgbm'\? Known: cnn, .*, lightgbm, mlp, "):
        architecture(teacher(model="lightgmb"), "teacher", also=("lightgbm",))


@pytest.mark.parametrize("name", ["cnn", "mlp"])
def test_a_reference_model_has_its_settings(name: str) -> None:
    made = architecture(teacher(model=name, width=3), "teacher")
    assert (made.name, made.settings) == (name, {"width": 3, "dropout": 0.0})
    assert str(made) == f"{name}(width=3, dropout=0.0)"


# The first number of every weight, as version 0.2 drew them.
@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("cnn", [0.127152, -0.121229, 0.038131, -0.125965, -0.1147, -0.0463]),
        ("mlp", [0.047682, -0.071133, -0.292022, -0.139583, 0.343493, -0.143211]),
    ],
)
def test_initial_weights_are_those_of_earlier_versions(model: str, wanted: list[float]) -> None:
    module = architecture(teacher(model=model, width=4), "teacher").fresh((1, 8, 8), 10, 0, "weights", "student", 1, 2)
    assert [float(tensor.flatten()[0]) for tensor in module.state_dict().values()] == pytest.approx(wanted, abs=1e-6)


def test_models_of_text_follow_the_data() -> None:
    for name in ("embedding-bag", "transformer"):
        made = architecture(teacher(model=name, width=8), "teacher", vocabulary=70, padding=2)
        assert {**made.settings, "vocabulary": 70, "padding": 2, "width": 8} == made.settings
        assert made.fresh((6,), 3, 0)(torch.full((1, 6), 69, dtype=torch.int32)).shape == (1, 3)
        larger = architecture(teacher(model=name, vocabulary=100, padding=2), "teacher", vocabulary=70, padding=2)
        assert larger.settings["vocabulary"] == 100


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"vocabulary": 69},
            "teacher.vocabulary must be at least 70, since the data have as many token numbers, got 69; ",
        ),
        ({"padding": 0}, "teacher.padding must be 2, the data's, got 0; leave it out"),
        ({"vocabulary": "many"}, "teacher.vocabulary must be a whole number, got 'many'"),
    ],
)
def test_settings_that_contradict_the_data_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=f"^{message}"):
        architecture(teacher(model="embedding-bag", **values), "teacher", vocabulary=70, padding=2)


@pytest.mark.parametrize("name", [name for name, made in REFERENCES.items() if "texts" not in made.takes])
def test_what_cannot_read_texts_says_so(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        architecture(teacher(model=name), "teacher", vocabulary=70, padding=0)
    assert str(caught.value) == (
        f"{name} cannot read texts, and the data's rows are texts; use embedding-bag or transformer"
    )


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *itertools.product(["cnn", "resnet", "depthwise"], [(30,), (100, 6)]),
        *itertools.product(["embedding-bag", "transformer"], [(30,), (100, 6), (3, 32, 32)]),
    ],
)
def test_models_that_are_for_other_rows_say_so_when_they_are_built(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ModelError, match=rf"^{name} needs (images|texts) .* the data's rows have shape {re.escape(str(shape))}"
    ):
        architecture(teacher(model=name), "teacher").fresh(shape, 3, 0)


@pytest.mark.parametrize("name", REFERENCES)
def test_every_reference_is_built_for_the_rows_that_it_takes(name: str) -> None:
    shapes: dict[Kind, tuple[int, ...]] = {"tables": (7,), "images": (2, 9, 8), "series": (5, 3), "texts": (6,)}
    for kind, shape in shapes.items():
        texts: dict[str, Any] = {"vocabulary": 20, "padding": 0} if kind == "texts" else {}
        rows = torch.randint(0, 20, (2, *shape), dtype=torch.int32) if texts else torch.rand(2, *shape)
        if kind in REFERENCES[name].takes:
            made = architecture(teacher(model=name), "teacher", **texts)
            check_fresh(made, shape, 3, "teacher")
            check_outputs(made.fresh(shape, 3, 0), rows, 3, "teacher")
        else:
            with pytest.raises(ModelError):
                architecture(teacher(model=name), "teacher", **texts).fresh(shape, 3, 0)


def test_code_is_run_with_trust_only(written: Callable[[str], str]) -> None:
    name = written("from torch import nn\ndef small(width):\n    return nn.Linear(width, 2)\n")
    table = teacher(model=f"{name}:small", width=5)
    with pytest.raises(UnsafeError):
        architecture(table, "teacher")
    made = architecture(table, "teacher", trust=True)
    assert str(made) == f"{name}:small(width=5)"
    assert str(made.build((5,), 2)) == "Linear(in_features=5, out_features=2, bias=True)"


def test_code_is_told_of_texts(written: Callable[[str], str]) -> None:
    name = written(
        "from torch import nn\ndef bag(vocabulary, outputs):\n    return nn.EmbeddingBag(vocabulary, outputs)\n"
    )
    made = architecture(teacher(model=f"{name}:bag"), "teacher", trust=True, vocabulary=9, padding=0)
    assert str(made.fresh((4,), 3, 0)) == "EmbeddingBag(9, 3, mode='mean')"
    assert made.settings == {}


# Models that packages offer.

OFFER = """
from dataclasses import dataclass
from typing import Annotated
from pydantic import Field
from torch import nn
from overproof.models.architecture import Reference

@dataclass(frozen=True, kw_only=True)
class Wide(Reference):
    \"\"\"One wide layer.\"\"\"

    width: Annotated[int, Field(ge=2)] = 8

    def build(self, shape, classes):
        return nn.Sequential(nn.Flatten(), nn.LazyLinear(self.width), nn.Linear(self.width, classes))

def plain(shape, classes, bias=True):
    return nn.Linear(shape[0], classes, bias=bias)

number = 3
"""


def test_a_package_offers_a_reference(offered: Callable[..., None]) -> None:
    offered("wider", OFFER, wide="wider:Wide")
    made = architecture(teacher(model="wide", width=4), "teacher")
    assert str(made) == "wide(width=4)"
    assert made.fresh((3,), 2, 0)(torch.rand(5, 3)).shape == (5, 2)
    with pytest.raises(StudyError, match=r"^teacher.width must be at least 2, got 1$"):
        architecture(teacher(model="wide", width=1), "teacher")
    with pytest.raises(ModelError, match=r"^wide cannot read texts"):
        architecture(teacher(model="wide"), "teacher", vocabulary=9, padding=0)


def test_a_package_offers_a_function(offered: Callable[..., None]) -> None:
    offered("wider", OFFER, plain="wider:plain")
    made = architecture(teacher(model="plain", bias=False), "teacher")  # installed, so it needs no trust
    assert str(made.fresh((3,), 2, 0)) == "Linear(in_features=3, out_features=2, bias=False)"


def test_offers_are_listed_and_not_imported(offered: Callable[..., None], tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    offered("wider", f"open({str(canary)!r}, 'w').close()", wide="wider:Wide")
    assert "wide" in names()
    with pytest.raises(StudyError, match=r"'wid' is not a model; did you mean 'wide'\? Known: cnn, .*, wide$"):
        architecture(teacher(model="wid"), "teacher")
    architecture(teacher(model="mlp"), "teacher")
    assert not canary.exists()


def test_a_name_that_is_taken_is_refused(offered: Callable[..., None]) -> None:
    offered("wider", OFFER, mlp="wider:Wide", wide="wider:Wide")
    with pytest.raises(StudyError) as caught:
        architecture(teacher(model="mlp"), "teacher")
    assert str(caught.value) == (
        "teacher.model = 'mlp' names more than one model, of overproof and wider; uninstall wider, or have it offer "
        "its model under another name"
    )
    assert architecture(teacher(model="cnn"), "teacher").name == "cnn"
    offered("widest", OFFER, wide="widest:Wide")
    with pytest.raises(
        StudyError, match=r"^teacher.model = 'wide' names more than one model, of wider and widest; unins"
    ):
        architecture(teacher(model="wide"), "teacher")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "wider:missing",
            "the model 'wide', offered as 'wider:missing', cannot be imported: .*has no attribute 'missing'",
        ),
        (
            "nowhere_to_be_found:x",
            "the model 'wide', offered as 'nowhere_to_be_found:x', cannot be imported: No module",
        ),
        ("wider:number", "the model 'wide', offered as 'wider:number', is neither a Reference nor a function"),
    ],
)
def test_offers_that_are_none_are_refused(offered: Callable[..., None], value: str, message: str) -> None:
    offered("wider", OFFER, wide=value)
    with pytest.raises(StudyError, match=f"^{message}"):
        architecture(teacher(model="wide"), "teacher")
