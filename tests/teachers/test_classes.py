from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from overproof.data.dataset import Dataset
from overproof.errors import ModelError
from overproof.teachers.classes import match, ordered, spelt
from tests.teachers.pupils import table


def numbered(count: int) -> Dataset:
    return replace(table(), classes=tuple(str(place) for place in range(count)))


def test_numbers_are_spelt_as_labels_are() -> None:
    assert spelt(np.array([10, 9])) == ("10", "9")
    assert spelt(np.array([1.0, 0.5])) == ("1", "0.5")
    assert spelt([True, False]) == ("1", "0")
    assert spelt(np.array([b"007", b"NA"])) == ("007", "NA")
    assert spelt(["007", "7", "NA", "None"]) == ("007", "7", "NA", "None")


def test_outputs_are_reordered_by_name() -> None:
    order = ordered(["NA", "007", "7"], table(), "it")
    assert order.places.tolist() == [1, 2, 0]
    assert order.notes == ("it: outputs reordered by the names of the classes",)
    assert ordered(["007", "7", "NA"], table(), "it").notes == ()


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        (["007", "7", "NA", "truck"], "it knows 4 classes, the data have 3; only in the teacher: 'truck'; "),
        (["7", "NA"], "it knows 2 classes, the data have 3; only in the data: '007'; "),
        (["7", "7.0", "NA"], "only in the teacher: '7.0'; only in the data: '007'; "),
        (["7", "NA", "7"], "it names '7' twice among its classes"),
    ],
)
def test_other_names_are_refused(theirs: list[str], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        ordered(theirs, table(), "it")


def test_an_order_is_never_assumed() -> None:
    with pytest.raises(
        ModelError, match=r"it does not say which classes .* \('007', '7', 'NA'\) .* teacher.classes = \["
    ):
        match(None, None, table(), "it")
    with pytest.raises(ModelError, match=r"which labels its outputs are about"):
        match(None, None, table("multilabel"), "it")


def test_outputs_without_names_fit_classes_that_are_called_by_place() -> None:
    assert match(None, None, numbered(3), "it").places.tolist() == [0, 1, 2]
    # as text sorts them, "10" stands before "2"
    eleven = replace(table(), classes=tuple(sorted(str(place) for place in range(11))))
    assert match(None, None, eleven, "it").places.tolist() == [0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9]


def test_one_value_needs_no_name() -> None:
    assert match(None, None, table("regression"), "it").places.tolist() == [0]


def test_the_study_names_the_outputs_of_a_teacher_that_does_not() -> None:
    assert match(None, ["NA", "7", "007"], table(), "it").places.tolist() == [2, 1, 0]
    assert match(["0", "1", "2"], ["NA", "7", "007"], table(), "it").places.tolist() == [2, 1, 0]


def test_two_orders_are_one_too_many() -> None:
    with pytest.raises(
        ModelError, match=r"names its classes itself \('7', '007', 'NA'\), and teacher.classes has another"
    ):
        match(["7", "007", "NA"], ["NA", "7", "007"], table(), "it")
