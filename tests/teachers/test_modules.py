from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from overproof import casting
from overproof.data.dataset import from_arrays
from overproof.errors import ModelError, StudyError
from overproof.models.fitted import Pair
from overproof.study import Teacher
from overproof.targets import fingerprint
from overproof.teachers.ensemble import Network
from overproof.teachers.modules import Read, as_told, title
from tests.teachers.pupils import everything, made

LOGITS = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
PETS = from_arrays(LOGITS, np.array(["ant", "bee", "cow"])[np.arange(70) % 3], "pets")
PAIR = from_arrays(LOGITS, np.array(["no", "yes"])[np.arange(70) % 2], "pair")


def told(module: nn.Module, data: Any = PETS, **keys: Any) -> nn.Module:
    return as_told(module, Teacher(model="python:x", **keys), data, "teacher")


def said(module: nn.Module) -> Any:
    return module(torch.from_numpy(LOGITS)).detach().numpy()


class Yes(nn.Module):
    """The probability, or the logit, of one class."""

    def __init__(self, probability: bool) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, rows: Tensor) -> Tensor:
        return rows[:, 0].sigmoid() if self.probability else rows[:, 0]


def test_a_network_about_which_nothing_is_said_stays_as_it_is() -> None:
    module = nn.Identity()
    assert told(module) is module
    assert told(module, output="logits") is module


def test_its_outputs_go_by_the_names_of_the_classes() -> None:
    turned = told(nn.Identity(), classes=["cow", "ant", "bee"])
    np.testing.assert_array_equal(said(turned), LOGITS[:, [1, 2, 0]])
    assert isinstance(turned, Read)
    assert fingerprint.digest(turned) != fingerprint.digest(told(nn.Identity(), classes=["ant", "bee", "cow"]))
    with pytest.raises(ModelError, match="teacher knows 3 classes, the data have 3; only in the teacher: 'dog'; only"):
        told(nn.Identity(), classes=["cow", "ant", "dog"])


def test_its_probabilities_become_logits() -> None:
    both = told(nn.Softmax(dim=1), output="probabilities", classes=["cow", "ant", "bee"])
    np.testing.assert_allclose(said(both), said(nn.LogSoftmax(dim=1))[:, [1, 2, 0]], atol=1e-5)
    with pytest.raises(ModelError, match="so its outputs are no probabilities"):
        told(nn.Identity(), output="probabilities")


def test_probabilities_of_several_labels_become_logits() -> None:
    labels = (np.random.default_rng(1).random((70, 3)) > 0.5).astype(np.float32)
    data = from_arrays(LOGITS, labels, "several", task="multilabel")
    np.testing.assert_allclose(said(told(nn.Sigmoid(), data, output="probabilities")), LOGITS, atol=1e-5)


@pytest.mark.parametrize("classes", [None, ["no", "yes"], ["yes", "no"]])
@pytest.mark.parametrize("probability", [False, True])
def test_one_number_is_about_the_last_class(probability: bool, classes: list[str] | None) -> None:
    module = told(Yes(probability), PAIR, output="probabilities" if probability else "auto", classes=classes)
    found = said(module)[:, [1, 0] if classes == ["yes", "no"] else [0, 1]]
    np.testing.assert_allclose(found[:, 1] - found[:, 0], LOGITS[:, 0], atol=1e-5)


def test_it_is_called_by_what_was_brought() -> None:
    assert title(Pair(Yes(False))) == title(told(Yes(True), PAIR, output="probabilities")) == title(Yes(True)) == "Yes"


def test_members_of_an_ensemble_are_read_too() -> None:
    turned = {"model": nn.Identity(), "classes": ["cow", "ant", "bee"]}
    voice = made(["python:x"], PETS, live=[turned])
    plain = Network(nn.LogSoftmax(dim=1), "plain").answer(everything(PETS))
    np.testing.assert_allclose(voice.answer(everything(PETS)), plain[:, [1, 2, 0]], atol=1e-5)
    assert voice.name == "ensemble of Identity"


def test_what_is_said_about_a_network_that_is_trained_here_is_refused() -> None:
    for key, value in (("classes", ["ant", "bee", "cow"]), ("output", "probabilities")):
        with pytest.raises(StudyError, match=f"teacher.{key} has no meaning for a teacher that is trained on the data"):
            casting.teacher(None, Teacher.model_validate({"model": "mlp", key: value}), PETS, trust=False)
