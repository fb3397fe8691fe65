from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from torch import nn

from overproof.models.architecture import Architecture
from overproof.teachers.ensemble import Chorus, Ensemble, Network, mixed, together
from overproof.teachers.estimators import Estimator
from overproof.teachers.function import Function
from tests.teachers.pupils import everything, fitted, made, table

RANDOM = np.random.default_rng(0)


def says(rows: Any) -> Any:
    return np.column_stack([rows[:, 0], -rows[:, 0], 0 * rows[:, 0]])


def test_probabilities_are_averaged_and_not_logits() -> None:
    one, other = (RANDOM.normal(size=(5, 3)).astype(np.float32) for _ in range(2))
    found = softmax(mixed([one, other], [0.25, 0.75], "multiclass"), axis=1)
    np.testing.assert_allclose(found, 0.25 * softmax(one, axis=1) + 0.75 * softmax(other, axis=1), atol=1e-6)
    found = expit(mixed([one, other], [0.25, 0.75], "multilabel"))
    np.testing.assert_allclose(found, 0.25 * expit(one) + 0.75 * expit(other), atol=1e-6)
    np.testing.assert_allclose(mixed([one, other], [0.25, 0.75], "regression"), 0.25 * one + 0.75 * other, atol=1e-6)


def test_shares_are_parts_of_a_whole_whatever_their_unit() -> None:
    one, other = (fitted(made("sklearn:GaussianNB", table()), table()) for _ in range(2))
    chorus = together([one, other], [1, 3], "both")
    assert isinstance(chorus, Chorus)
    np.testing.assert_allclose(
        softmax(chorus.answer(everything(table())), axis=1),
        softmax(one.answer(everything(table())), axis=1),
        atol=1e-6,
    )
    forest = made("sklearn:RandomForestClassifier", table())
    ensemble = together([one, forest], [1, 3], "both")
    assert isinstance(ensemble, Ensemble)
    assert ensemble.shares == (0.25, 0.75)


def test_an_ensemble_of_all_kinds() -> None:
    pytest.importorskip("lightgbm")
    data = table()
    module = nn.Linear(3, 3)
    found = made(
        "x",
        data,
        live=[
            "lightgbm",
            {"model": "sklearn:GaussianNB", "share": 2, "var_smoothing": 1e-8},
            module,
            {"model": "mlp", "share": 0.5},
            says,
        ],
    )
    assert isinstance(found, Ensemble)
    kinds = [type(member) for member in found.members]
    assert kinds == [Estimator, Estimator, nn.Linear, Architecture, Function]
    assert found.shares == pytest.approx(np.array([1, 2, 1, 0.5, 1]) / 5.5)


def test_brought_members_are_a_voice() -> None:
    data = table(gaps=False)
    module = nn.Linear(3, 3)
    found = made("x", data, live=[module, says])
    assert isinstance(found, Chorus)
    with torch.no_grad():
        first = softmax(module(torch.from_numpy(data.inputs)).numpy(), axis=1)
    expected = (first + softmax(says(data.inputs), axis=1)) / 2
    np.testing.assert_allclose(softmax(found.answer(everything(data)), axis=1), expected, atol=1e-6)
    assert found.components() is None
    assert found.sees_views
    assert "order of the data's classes" in found.notes[0]


def test_a_network_that_says_one_number() -> None:
    data = table("binary", gaps=False)
    said = Network(nn.Linear(3, 1), "net").answer(everything(data))
    assert said.shape == (90, 2)
    assert not said[:, 0].any()


def test_a_chorus_is_known_where_its_voices_are() -> None:
    data = table()
    one, other = (fitted(made("sklearn:GaussianNB", data), data, seed=seed) for seed in (0, 1))
    facts = Chorus([one, other], [0.5, 0.5], "both").components()
    assert facts is not None
    assert facts["shares"] == [0.5, 0.5]
    assert facts["voices"] == [one.components(), other.components()]
