"""Which task labels make, and the sentence for labels that do not fit the task that was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from overproof.data.answers import always_alike, as_answers
from overproof.errors import DataError

CENTURY = np.arange(101)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["cat", "dog", "cat"], "binary"),
        (["a", "b", "c"], "multiclass"),
        (["007", "7", "None"], "multiclass"),
        ([True, False], "binary"),
        ([0.0, 1.0], "binary"),
        ([1, 2, 3], "multiclass"),
        ([0.5, 1.0, 1.0], "regression"),
        (np.tile(CENTURY, 19), "regression"),
        (np.tile(CENTURY, 20), "multiclass"),
        (np.tile(CENTURY[:100], 2), "multiclass"),
        (np.tile(CENTURY, 19).astype(float), "regression"),
        ([[1, 0], [0, 1]], "multilabel"),
        ([[1.0, 0.0], [0.0, 1.0]], "multilabel"),
        ([[True, False], [True, True]], "multilabel"),
        ([["True", "False"], ["false", "true"]], "multilabel"),
        ([["1", "0"], ["0", "1"]], "multilabel"),
        ([[1.5, 0.0], [0.0, 1.0]], "regression"),
        ([[3, 0], [0, 1]], "regression"),
        ([[0], [1]], "binary"),
        ([["cat"], ["dog"]], "binary"),
        ([[0.5], [1.25]], "regression"),
    ],
)
def test_the_task_is_seen_from_the_values(values: Any, task: str) -> None:
    assert as_answers(values).task == task


def test_classes_are_numbered_and_named() -> None:
    labels, names, task = as_answers(["dog", "cat", "dog"])
    assert (labels.tolist(), names, task) == ([1, 0, 1], ("cat", "dog"), "binary")
    assert as_answers([2, 0], classes=["a", "b", "c"])[1:] == (("a", "b", "c"), "multiclass")
    assert as_answers(CENTURY, "multiclass").task == "multiclass"
    assert as_answers([0, 1], "multiclass").task == "multiclass"
    assert as_answers([0, 1], "binary").labels.dtype == np.int64


def test_several_labels_are_floats_of_0_and_1() -> None:
    for values in ([[1, 0], [0, 1]], [["yes" * 0 + "1", "0"], ["0", "true"]], torch.tensor([[1, 0], [0, 1]])):
        labels, names, task = as_answers(values)
        assert labels.dtype == np.float32
        assert labels.tolist() == [[1, 0], [0, 1]]
        assert (names, task) == (("label 0", "label 1"), "multilabel")
    assert as_answers([[1], [0]], "multilabel").labels.shape == (2, 1)
    assert as_answers([[1, 0], [0, 1]], classes=["wet", "cold"]).names == ("wet", "cold")


def test_values_are_floats_and_named() -> None:
    labels, names, task = as_answers([1.5, 2.5])
    assert labels.dtype == np.float32
    assert labels.tolist() == [[1.5], [2.5]]
    assert (names, task) == (("value",), "regression")
    assert as_answers([[1.5, 2], [2.5, 3]]).names == ("value 0", "value 1")
    assert as_answers([[1.5, 2], [2.5, 3]], classes=["width", "height"]).names == ("width", "height")
    assert as_answers([1.5, 2.5], classes=["price"]).names == ("price",)
    assert as_answers([3, 1, 2], "regression").labels.ravel().tolist() == [3, 1, 2]
    assert as_answers([True, False], "regression").labels.ravel().tolist() == [1, 0]
    assert as_answers(["1.5", " 2e3"], "regression").labels.ravel().tolist() == [1.5, 2000]


def test_labels_that_are_always_or_never_on_are_allowed_and_named() -> None:
    found = as_answers([[1, 0, 1], [1, 0, 0]])
    assert found.task == "multilabel"
    assert always_alike(found) == ("label 0", "label 1")
    assert always_alike(as_answers([0, 1])) == ()


def test_an_outlier_does_not_make_values_indistinct() -> None:
    assert as_answers([1e30, *np.linspace(0, 1, 1000)]).task == "regression"


REFUSED: list[tuple[Any, str, list[str] | None, str]] = [
    (np.linspace(0.5, 9.7, 900), "multiclass", None,
     "column 'y' looks continuous (900 distinct of 900), and classes are wanted; say data.task = \"regression\""),
    (np.linspace(0.5, 9.7, 900), "binary", None,
     "column 'y' looks continuous (900 distinct of 900), and classes are wanted; say data.task = \"regression\""),
    (["cat", "cat"], "auto", None, "column 'y' needs at least 2 classes, found 1 ('cat')"),
    (["a", "b", "c"], "binary", None,
     "column 'y' has 3 classes ('a', 'b', 'c'), and data.task = \"binary\" is for two; say data.task = \"multiclass\""),
    (list("abcdefg"), "binary", None,
     "column 'y' has 7 classes ('a', 'b', 'c', 'd', 'e', …), and data.task = \"binary\" is for two; "
     'say data.task = "multiclass"'),
    (["1.5", "high"], "regression", None,
     "column 'y' row 1 is 'high', which is no number; data.task = \"regression\" needs numbers"),
    ([1.5, float("nan"), 2.0, float("nan")], "auto", None, "column 'y' row 1 is NaN (2 rows have no label)"),
    ([1.5, float("nan")], "regression", None, "column 'y' row 1 is NaN (1 row has no label)"),
    (["1.5", "nan"], "regression", None, "column 'y' row 1 is NaN (1 row has no label)"),
    ([[1.5, 1.0], [2.0, float("nan")]], "auto", None, "column 'y' row 1 column 1 is NaN (1 row has no label)"),
    ([1.5, float("inf")], "auto", None, "column 'y' row 1 is inf; labels must be finite"),
    ([1.5, 1e300], "auto", None, "column 'y' row 1 is 1e+300, which is too large for float32; divide the target"),
    ([1j, 2j], "regression", None, "column 'y' has dtype complex128; data.task = \"regression\" needs numbers"),
    ([2.5, 2.5], "auto", None, "column 'y' is 2.5 in every row; there is nothing to learn"),
    ([[2.5, 1.0], [2.5, 2.0]], "auto", ["a", "b"], "column 'y' 'a' is 2.5 in every row; there is nothing to learn"),
    ([1e9 + 0.25, 1e9 + 0.5, 1e9], "auto", None,
     "column 'y' varies by 0.204 around 1e+09, less than float32 can tell; subtract a constant from the target"),
    ([[1, 0], [2, 1]], "multilabel", None,
     "column 'y' row 1 column 0 is 2, which is neither 0 nor 1; several labels are each yes or no"),
    ([["1", "0"], ["maybe", "1"]], "auto", None,
     "column 'y' row 1 column 0 is 'maybe', which is no number; several columns are labels (0 or 1) or values "
     "(numbers)"),
    ([["1", "0"], ["maybe", "1"]], "multilabel", None,
     "column 'y' row 1 column 0 is 'maybe', which is neither 0 nor 1; several labels are each yes or no"),
    ([[1, float("nan")], [0, 1]], "multilabel", None,
     "column 'y' row 0 column 1 is nan, which is neither 0 nor 1; several labels are each yes or no"),
    ([0, 1], "multilabel", None,
     "column 'y' has shape (2,), and data.task = \"multilabel\" needs a column of 0 and 1 for each label; name the "
     "columns"),
    ([[1, 0], [1, 0]], "auto", None, "column 'y' is the same in every row; there is nothing to learn"),
    ([[1, 0], [0, 1]], "auto", ["a"], "column 'y' has 2 columns, and 1 names are given (a)"),
    ([[1, 0], [0, 1]], "auto", ["a", "a"],
     "column 'y' has two columns called 'a'; every label needs a name of its own"),
    ([[1, 0], [0, 1]], "multiclass", None, "column 'y' has shape (2, 2); expected [rows], one label for each"),
    ([[[1]]], "regression", None, "column 'y' has shape (1, 1, 1); expected [rows] or [rows, outputs]"),
    ([], "auto", None, "column 'y' is empty"),
    (5, "regression", None, "column 'y' has shape (); expected [rows], one label for each"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "task", "classes", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_a_sentence(
    values: Any, task: str, classes: list[str] | None, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        as_answers(values, task, classes, "column 'y'")
    assert str(caught.value) == message
