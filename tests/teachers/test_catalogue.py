from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from overproof.errors import ModelError, OverproofError, StudyError, UnsafeError
from overproof.models.architecture import Architecture
from overproof.study import Teacher
from overproof.teachers.catalogue import NAMES, teacher_of
from overproof.teachers.ensemble import Chorus, Ensemble, Network
from overproof.teachers.estimators import Estimator
from overproof.teachers.function import Function
from overproof.teachers.teacher import Shown, Voice
from tests.teachers.pupils import everything, fitted, made, table, texts

DATA = table(words=False, gaps=False)


class Own(Voice):
    """A teacher of the user's own kind."""

    name = "own"

    def answer(self, shown: Shown) -> Any:
        return np.zeros((len(shown.rows), 3), dtype=np.float32)

    def components(self) -> dict[str, Any] | None:
        return None


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's own."""
    Path("mine_d.py").write_text(
        "import numpy as np\nfrom torch import nn\n"
        "def says(rows, scale=1.0):\n    return np.repeat(rows[:, :1], 3, axis=1) * scale\n"
        "def builds(width=3):\n    return nn.Linear(2, width)\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(Path.cwd())
    monkeypatch.delitem(sys.modules, "mine_d", raising=False)
    return "mine_d"


@pytest.mark.parametrize("model", ["mlp", "cnn", "timm:resnet18", "hf:nowhere", "nonsense", "lightgmb", "a plug-in"])
def test_networks_and_unknown_names_are_the_models_catalogue_s(model: str) -> None:
    assert made(model, DATA) is None


@pytest.mark.parametrize("live", [nn.Linear(2, 3), nn.Linear, lambda: nn.Linear(2, 3), lambda shape, classes: None, 3])
def test_live_networks_too(live: Any) -> None:
    assert made("python:x", DATA, live=live) is None


def test_functions_by_name(functions: str) -> None:
    voice = made(f"{functions}:says", DATA, trust=True, scale=2.0)
    assert isinstance(voice, Function)
    np.testing.assert_allclose(voice.answer(everything(DATA))[:, 0], 2 * DATA.inputs[:, 0])
    assert made(f"{functions}:builds", DATA, trust=True) is None
    with pytest.raises(UnsafeError, match=r"teacher.model = 'mine_d:says' names code"):
        made(f"{functions}:says", DATA)


def test_a_kind_of_the_user_s_own() -> None:
    own = Own()
    assert made("python:own", DATA, live=own) is own
    both = made("python:list", DATA, live=[own, {"model": own, "share": 3}])
    assert isinstance(both, Chorus)


def test_settings_are_the_estimator_s() -> None:
    teacher = made("sklearn:RandomForestClassifier", DATA, n_estimators=7)
    assert isinstance(teacher, Estimator)
    assert teacher.name == "sklearn:RandomForestClassifier(n_estimators=7)"
    assert teacher.facts()["settings"] == {"n_estimators": 7}
    assert teacher.facts()["versions"].keys() == {"sklearn"}


def test_a_list_in_a_file() -> None:
    table_ = Teacher.model_validate(
        {"model": ["mlp", {"model": "sklearn:GaussianNB", "share": 3}, {"model": "mlp", "width": 4}]}
    )
    found = teacher_of(table_, None, DATA, "teacher", False)
    assert isinstance(found, Ensemble)
    assert found.shares == pytest.approx((0.2, 0.6, 0.2))
    assert found.name == f"ensemble of {found.members[0]}, sklearn:GaussianNB, {found.members[2]}"


def test_a_member_with_weights_is_brought() -> None:
    first = made("python:list", DATA, live=["mlp"])
    assert isinstance(first, Ensemble)
    module = first.members[0].fresh(DATA.shape, 3, "weights")  # type: ignore[union-attr,operator]
    safetensors.torch.save_file(module.state_dict(), "w.safetensors")
    brought = made("python:list", DATA, live=[{"model": "mlp", "weights": "w.safetensors"}])
    assert isinstance(brought, Chorus)
    with torch.no_grad():
        expected = module.eval()(torch.from_numpy(DATA.inputs))
    said = brought.answer(everything(DATA))
    np.testing.assert_allclose(said, torch.log_softmax(expected, dim=1), rtol=1e-4, atol=1e-5)
    assert isinstance(brought._voices[0], Network)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([], "teacher.model is an empty list"),
        (["mlp", {"model": "mlp", "share": 0}], r"teacher.model\[1\].share must be a number greater than 0, got 0"),
        ([{"model": "mlp", "share": True}], r"teacher.model\[0\].share must be a number greater than 0, got True"),
        ([{"model": "mlp", "share": "half"}], r"teacher.model\[0\].share must be .*, got 'half'"),
        ([{"model": "mlp", "share": float("nan")}], r"teacher.model\[0\].share must be"),
        ([{"share": 1}], r"teacher.model\[0\].model is required"),
        ([{"model": "mlp", "leak": "none"}], r"teacher.model\[0\].leak belongs to the teacher as a whole"),
        ([{"model": "mlp", "cross_fit": True}], r"teacher.model\[0\].cross_fit belongs to the teacher as a whole"),
        ([{"model": ["mlp"]}], r"teacher.model\[0\] is a list; an ensemble has no ensembles in it"),
        ([["mlp"]], r"teacher.model\[0\] is a list; an ensemble has no ensembles in it"),
        ([{"model": "mlp", "weights": 3}], r"teacher.model\[0\].weights must be a string, got 3"),
        (["sklearn:Forest"], r"teacher.model\[0\].model = 'sklearn:Forest' is not a classifier of scikit-learn"),
        (
            ["mlp", {"model": "sklearn:GaussianNB", "x": 1}],
            r"\[teacher.model\[1\]\] has no key 'x' for sklearn:Gaussian",
        ),
        (["mlpp"], r"teacher.model\[0\].model = 'mlpp' is not a model; did you mean 'mlp'"),
        ([3], r"teacher.model\[0\] must be a name, a module, an estimator or a function; got int"),
        (
            [{"model": "mlp", "classes": ["a"]}],
            r"teacher.model\[0\].classes has no meaning for a teacher that is trained",
        ),
        ([{"model": nn.Identity(), "weights": "w"}], r"teacher.model\[0\].weights has no meaning beside a module"),
        ([{"model": nn.Identity(), "width": 3}], r"\[teacher.model\[0\]\] has no key 'width' beside a module"),
    ],
)
def test_members_that_make_no_sense(members: Any, sentence: str) -> None:
    with pytest.raises(OverproofError, match=sentence):
        made("python:list", DATA, live=members)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"width": 3}, r"\[teacher\] has no key 'width' beside a list; settings stand in the table of a member"),
        ({"weights": "w"}, "teacher.weights has no meaning beside a list"),
        ({"classes": ["a"]}, "teacher.classes has no meaning beside a list"),
        ({"output": "logits"}, "teacher.output has no meaning beside a list"),
    ],
)
def test_keys_beside_a_list(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StudyError, match=sentence):
        made(["mlp"], DATA, **keys)


def test_a_member_is_told_what_made_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []

    def architecture(*_: Any, tokenizer: str | None, **__: Any) -> Architecture:
        told.append(tokenizer)
        return Architecture("reader", lambda shape, classes: nn.Linear(shape[0], classes))

    monkeypatch.setattr("overproof.models.catalogue.architecture", architecture)
    teacher_of(Teacher(model=["hf:some/reader"]), None, texts(), "teacher", trust=False, tokenizer="hashing")
    assert told == ["hashing"]


def test_outputs_fit_the_task() -> None:
    with pytest.raises(StudyError, match=r'teacher.output = "values" has no meaning for multiclass'):
        made("lightgbm", DATA, output="values")
    with pytest.raises(StudyError, match=r'teacher.output = "logits" has no meaning for regression'):
        made("sklearn:Ridge", table("regression"), output="logits")


def test_weights_are_for_networks() -> None:
    with pytest.raises(StudyError, match=r"teacher.weights is for networks; sklearn:GaussianNB has all it needs"):
        made("sklearn:GaussianNB", DATA, weights="w")


def test_an_ensemble_is_fitted_member_by_member() -> None:
    found = made("python:list", DATA, live=["sklearn:GaussianNB", "sklearn:KNeighborsClassifier"])
    assert isinstance(found, Ensemble)
    assert [member.memorises for member in found.members] == [False, True]  # type: ignore[union-attr]
    for member in found.members:
        assert fitted(member, DATA).answer(everything(DATA)).shape == (90, 3)


def test_the_listing_names_every_kind() -> None:
    assert {name.partition(":")[0] for name in NAMES} >= {"sklearn", "lightgbm", "onnx", "predictions", "hf", "module"}


def test_a_class_is_no_teacher() -> None:
    from sklearn.naive_bayes import GaussianNB

    with pytest.raises(ModelError, match=r"teacher is the class GaussianNB; give an instance of it, GaussianNB\(...\)"):
        made("python:x", DATA, live=GaussianNB)
