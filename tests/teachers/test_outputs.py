from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.teachers.classes import Order
from overproof.teachers.outputs import FLOOR, Kind, Reading, are_probabilities, as_logits
from overproof.teachers.teacher import Shown
from tests.teachers.pupils import everything, probabilities, table

P = np.random.default_rng(0).dirichlet([1, 1, 1], 90)


def reading(data: Dataset, kind: Kind = "auto", places: list[int] | None = None) -> Reading:
    return Reading("it", kind, Order(np.array(places if places is not None else range(len(data.classes)))))


def refused(data: Dataset, said: Any, sentence: str, kind: Kind = "auto") -> None:
    with pytest.raises(ModelError, match=sentence):
        reading(data, kind).targets(said, everything(data))


def test_what_looks_like_probabilities() -> None:
    assert are_probabilities(P, "multiclass")
    assert not are_probabilities(P * 1.01, "multiclass")
    assert not are_probabilities(np.log(P), "multiclass")
    assert are_probabilities(P[:, :1], "binary")
    assert not are_probabilities(P[:7, :1], "binary"), "a few numbers in [0, 1] are no evidence"
    assert are_probabilities(P[:, :2], "multilabel")
    assert not are_probabilities(P, "regression")


def test_logits_have_the_probabilities_they_came_from() -> None:
    np.testing.assert_allclose(softmax(as_logits(P, "multiclass"), axis=1), P, atol=1e-6)
    np.testing.assert_allclose(expit(as_logits(P, "multilabel")), P.clip(FLOOR, 1 - FLOOR), atol=1e-12)
    assert np.isfinite(as_logits(np.array([[0.0, 1.0]]), "multilabel")).all()


def test_probabilities_become_logits_in_the_data_s_order() -> None:
    data = table()
    found = reading(data, "probabilities", [2, 0, 1]).targets(P, everything(data))
    assert found.dtype == np.float32
    np.testing.assert_allclose(probabilities(found), P[:, [2, 0, 1]], atol=1e-6)


def test_one_number_is_about_the_second_class() -> None:
    data, z = table("binary"), np.linspace(-3, 3, 90)
    found = reading(data, "logits").targets(z, everything(data))
    np.testing.assert_array_equal(found, np.column_stack([0 * z, z]).astype(np.float32))
    found = reading(data, "probabilities").targets(expit(z).reshape(-1, 1), everything(data))
    np.testing.assert_allclose(found[:, 1] - found[:, 0], z, atol=1e-5)
    swapped = reading(data, "logits", [1, 0]).targets(z, everything(data))
    np.testing.assert_array_equal(swapped, np.column_stack([z, 0 * z]).astype(np.float32))


def test_values_stay_values() -> None:
    data, values = table("regression"), np.linspace(0, 1, 90)
    np.testing.assert_array_equal(reading(data, "values").targets(values, everything(data))[:, 0], values.astype("f4"))


def test_other_shapes_are_refused() -> None:
    refused(table(), np.zeros((90, 1)), r"it returned shape \(90, 1\), expected \(90, 3\)")
    refused(table(), np.zeros((89, 3)), r"it returned shape \(89, 3\), expected \(90, 3\)")
    refused(table("binary"), np.zeros((90, 3)), r"it returned shape \(90, 3\), expected \(90, 2\)")
    refused(table(), (np.zeros((90, 3)), 1), r"it returned a tuple of 2; expected an array")
    refused(table(), {"logits": 1}, r"it returned a dict of 1")
    refused(table(), None, r"it returned NoneType; expected numbers")
    refused(table(), np.full((90, 3), "a"), r"it returned ndarray of shape \(90, 3\); expected numbers")


def test_what_is_not_finite_is_refused_by_the_row_s_name() -> None:
    said = np.zeros((90, 3))
    said[7] = [np.nan, 1, np.nan]
    refused(table(), said, r"it: the output for row 'r007' is NaN in 2 of 3 numbers \(1 such rows\)")
    said[7] = [-np.inf, 1, 1]
    refused(table(), said, r"row 'r007' is not finite in 1 of 3 numbers")


def test_the_row_is_the_one_that_was_shown() -> None:
    data = table()
    with pytest.raises(ModelError, match="row 'r042'"):
        reading(data).targets(np.array([[0, 0, 1.0], [0, 0, np.nan]]), Shown.of(data, np.array([3, 42])))


def test_probabilities_that_nobody_called_that_are_refused() -> None:
    refused(table(), P, r'it: its outputs look like probabilities; say teacher.output = "probabilities", or "logits"')
    data = table()
    np.testing.assert_allclose(reading(data, "logits").targets(P, everything(data)), P, rtol=1e-6)


def test_what_are_no_probabilities_is_refused() -> None:
    said = P.copy()
    said[5, 0] = 1.3
    refused(table(), said, "row 'r005' is 1.3, which is not in 0 to 1", "probabilities")
    said = P.copy()
    said[6] *= 0.8
    refused(table(), said, "row 'r006' adds up to 0.8 and not to 1", "probabilities")
