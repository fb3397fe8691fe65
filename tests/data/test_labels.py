from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.labels import as_labels
from overproof.errors import DataError


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=2).filter(lambda words: len(set(words)) > 1))
def test_text_labels_come_back_from_their_numbers(words: list[str]) -> None:
    words = [word.rstrip("\0") or "0" for word in words]  # numpy's fixed-width text ends at its last NUL
    if len(set(words)) == 1:
        return
    numbers, names = as_labels(words)
    assert [names[number] for number in numbers] == words
    assert list(names) == sorted(set(words))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2).filter(lambda values: len(set(values)) > 1))
def test_whole_numbers_are_sorted_by_value_and_named_by_their_text(values: list[int]) -> None:
    numbers, names = as_labels(np.array(values, dtype=np.int64))
    assert [int(names[number]) for number in numbers] == values
    assert [int(name) for name in names] == sorted(set(values))


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["007", "7"], ("007", "7")),
        (["NA", "nan", "None"], ("NA", "None", "nan")),
        ([10, 9], ("9", "10")),
        (np.array([2.0, 1.0], dtype=np.float32), ("1", "2")),
        (np.array([2**64 - 1, 0], dtype=np.uint64), ("0", "18446744073709551615")),
        (np.array([True, False]), ("0", "1")),
        (np.array(["dog", "cat"], dtype=object), ("cat", "dog")),
        (np.array([b"caf\xc3\xa9", b"cat"]), ("café", "cat")),
        (torch.tensor([3, 1]), ("1", "3")),
    ],
)
def test_what_may_be_a_label(values: Any, names: tuple[str, ...]) -> None:
    assert as_labels(values)[1] == names


def test_given_classes_decide_the_numbers() -> None:
    assert as_labels(["dog", "cat"], ["dog", "cat", "bird"])[0].tolist() == [0, 1]
    assert as_labels([2, 0], ["dog", "cat", "bird"])[0].tolist() == [2, 0]
    assert as_labels([2, 0], ["dog", "cat", "bird"])[1] == ("dog", "cat", "bird")


MESSAGES: list[tuple[Any, list[str] | None, str]] = [
    ([], None, "labels is empty"),
    (5, None, "labels has shape (); expected [rows], one label for each"),
    ([[0], [1]], None, "labels has shape (2, 1); expected [rows], one label for each"),
    (["cat", "cat"], None, "labels needs at least 2 classes, found 1 ('cat')"),
    ([3, 3], None, "labels needs at least 2 classes, found 1 ('3')"),
    (["a", "", "b", " ", "", ""], None, "labels has 4 empty labels (rows 1, 3, 4, …)"),
    ([0.0, float("nan"), 1.0, float("nan")], None, "labels row 1 is NaN (2 rows have no label)"),
    (
        np.linspace(0.5, 9.7, 900),
        None,
        'labels looks continuous (900 distinct of 900), and classes are wanted; say data.task = "regression"',
    ),
    (
        [0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 1.0],
        None,
        "labels row 5 is 0.5, which is not a whole number; name classes by text or 0, 1, …",
    ),
    (
        [0.0, 0.0, 0.0, 0.0, 1e300],
        None,
        "labels row 4 is 1e+300, which is not a whole number; name classes by text or 0, 1, …",
    ),
    ([0j, 1j], None, "labels has dtype complex128; expected text or whole numbers"),
    (np.array(["cat", None], dtype=object), None, "labels row 1 is None, which is neither text nor a number"),
    (np.array([b"\xff", b"a"]), None, "labels holds text that is not valid Unicode"),
    (["\ud800", "a"], None, "labels holds text that is not valid Unicode"),
    (
        ["dgo", "cat"],
        ["dog", "cat"],
        "labels row 0 is 'dgo', which is not one of the classes; did you mean 'dog'? Known: cat, dog",
    ),
    ([0, 10, 1], list("abcdefghij"), "labels row 1 is 10; with 10 classes it must be in 0 to 9"),
    ([0, -1], ["a", "b"], "labels row 1 is -1; with 2 classes it must be in 0 to 1"),
    (["a", "b"], ["a", "b", "a"], "classes names 'a' twice; every class needs a name of its own"),
]


@pytest.mark.parametrize(("values", "classes", "message"), MESSAGES, ids=[message[:40] for *_, message in MESSAGES])
def test_bad_labels_and_their_messages(values: Any, classes: list[str] | None, message: str) -> None:
    with pytest.raises(DataError) as caught:
        as_labels(values, classes)
    assert str(caught.value) == message


def test_code_points_beyond_unicode_are_refused() -> None:
    broken = np.frombuffer(np.array([0x7FFFFFFF, 0x61], dtype=np.uint32).tobytes(), dtype="<U1")
    with pytest.raises(DataError, match="not valid Unicode"):
        as_labels(broken)
