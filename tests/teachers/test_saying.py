from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from overproof.errors import ModelError
from overproof.teachers.saying import Said, in_order, of_yes, refuse_unless_it_can_say, says


def test_classes_never_seen_have_no_probability() -> None:
    found = in_order(Said(np.array([[0.9, 0.1]]), "probabilities"), ["c", "a"], ["a", "b", "c"])
    assert found.tolist() == [[0.1, 0, 0.9]]
    found = in_order(Said(np.array([[2.0, -1.0]]), "logits"), ["c", "a"], ["a", "b", "c"])
    assert found[0].tolist() == [-1, pytest.approx(-1 + np.log(1e-7)), 2]


def test_one_number_is_about_the_second_of_two() -> None:
    assert in_order(Said(np.array([[3.0]]), "logits"), ["b", "a"], ["a", "b"]).tolist() == [[3, 0]]
    found = in_order(Said(np.array([[0.25]]), "probabilities"), ["a", "b"], ["a", "b"])
    assert found.tolist() == [[0.75, 0.25]]


def test_a_label_that_was_never_there() -> None:
    assert of_yes([[1.0], [1.0]], [0]).tolist() == [0, 0]
    assert of_yes([[1.0], [1.0]], [1]).tolist() == [1, 1]
    assert of_yes([[0.3, 0.7]], [0, 1]).tolist() == [0.7]


def test_the_most_it_can_say() -> None:
    margins = SimpleNamespace(decision_function=lambda rows: np.array([1.0, 2]))
    assert says(margins, [0, 0], "binary", "it").numbers.shape == (2, 1)
    both = SimpleNamespace(predict_proba=lambda rows: np.full((2, 2), 0.5), **vars(margins))
    assert says(both, [0, 0], "binary", "it").kind == "probabilities"


def test_a_list_of_labels() -> None:
    said = [np.array([[0.3, 0.7]]), np.array([[1.0]])]
    forest = SimpleNamespace(predict_proba=lambda rows: said, classes_=[np.array([0.0, 1.0]), np.array([1.0])])
    assert says(forest, [0], "multilabel", "it").numbers.tolist() == [[0.7, 1.0]]


def test_hard_predictions_are_refused() -> None:
    hard = SimpleNamespace(predict=lambda rows: rows)
    with pytest.raises(ModelError, match=r"^it says a class and nothing more: .* learns from probabilities"):
        refuse_unless_it_can_say(hard, "binary", "it")
    refuse_unless_it_can_say(hard, "regression", "it")
    with pytest.raises(ModelError, match="it has no predict"):
        refuse_unless_it_can_say(SimpleNamespace(), "regression", "it")


def test_what_it_raises_is_one_sentence() -> None:
    def broken(rows: object) -> None:
        raise ZeroDivisionError("so\nthere")

    with pytest.raises(ModelError, match=r"^it cannot answer about these rows \(so there\)$"):
        says(SimpleNamespace(predict_proba=broken), [0], "binary", "it")
