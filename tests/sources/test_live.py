from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from overproof.data.dataset import from_arrays
from overproof.errors import DataError, MissingInputError, StudyError
from overproof.sources.catalogue import from_object
from overproof.study import Data

X, Y = np.arange(12.0).reshape(6, 2), ["a", "b", "a", "b", "a", "b"]
PLAIN = from_arrays(X, Y, "arrays")


def made(value: Any, name: str = "arrays", test: str | None = None, **keys: Any) -> Any:
    return from_object(value, Data.model_validate({"source": "live", **keys}), name, test)


@pytest.mark.parametrize(
    "value",
    [
        (X, Y),
        [X.tolist(), Y],
        (torch.from_numpy(X), Y),
        {"inputs": X, "labels": Y},
        {"inputs": X, "labels": Y, "limit": 5},
        PLAIN,
        {"source": (X, Y)},
    ],
)
def test_what_holds_rows(value: Any) -> None:
    assert made(value).digest == PLAIN.digest


def test_the_study_says_the_task_and_a_dictionary_the_classes() -> None:
    assert made((X, [1, 2, 3, 1, 2, 3]), task="regression").task == "regression"
    assert made({"inputs": X, "labels": Y, "classes": ["b", "a"]}).classes == ("b", "a")


def test_what_a_dictionary_knows_beside() -> None:
    data = made({"inputs": X, "labels": Y, "groups": list("ppqqrr"), "times": range(6), "ids": list("abcdef")})
    assert data.groups.tolist()[0] == data.groups.tolist()[1]
    assert sorted(set(data.groups.tolist())) == [0, 1, 2]
    assert data.times.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.keys == tuple("abcdef")


def test_texts_are_rows() -> None:
    data = made((["good day", "bye", "good night", "so long"], ["a", "b", "a", "b"]))
    assert data.tokens.texts[1] == "bye"
    array = made((np.array(["good day", "bye", "good night", "so long"]), ["a", "b", "a", "b"]))
    assert array.digest == data.digest


def test_other_sources_join(tmp_path: Path) -> None:
    np.savez(tmp_path / "more.npz", X=X + 100)
    np.savez(tmp_path / "test.npz", X=X + 200, y=Y)
    data = made((X, Y), unlabelled=str(tmp_path / "more.npz"), test=str(tmp_path / "test.npz"))
    assert np.bincount(data.part).tolist() == [6, 6, 6]
    assert made(PLAIN, unlabelled=str(tmp_path / "more.npz")).part.tolist() == [0] * 6 + [1] * 6
    with pytest.raises(MissingInputError, match=r"^protocol\.test: .*gone\.npz does not exist"):
        made((X, Y), test=str(tmp_path / "gone.npz"))


def test_rows_that_are_given_join_beside_rows_that_the_study_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "more.npz", X=X[:4] + 100)
    np.savez(tmp_path / "test.npz", X=X[:5] + 200, y=Y[:5])
    plain = {"inputs": X, "labels": Y}
    data = made({**plain, "unlabelled": X[:3] + 100}, test=str(tmp_path / "test.npz"))
    assert np.bincount(data.part).tolist() == [6, 3, 5]
    data = made({**plain, "test": (X[:2] + 200, Y[:2])}, unlabelled=str(tmp_path / "more.npz"))
    assert np.bincount(data.part).tolist() == [6, 4, 2]
    marked = replace(PLAIN, parts=np.array([0, 0, 0, 0, 2, 2], dtype=np.int8))
    with pytest.raises(StudyError, match=r"^protocol\.test is given as rows, but data\.source says itself which"):
        made({"source": marked, "test": (X, Y)})


def test_a_column_of_a_frame_marks_test_rows() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": X[:, 0], "held": [False, True] * 3, "y": list("aabbab")})
    assert made(frame, test="held").part.tolist() == [0, 2, 0, 2, 0, 2]
    assert made((frame[["x", "held"]], frame["y"]), test="held").part.tolist() == [0, 2, 0, 2, 0, 2]


MESSAGES: list[tuple[Any, str, str]] = [
    (5, "arrays", "data must be a pair (inputs, labels), a dictionary or a source, got int"),
    (X, "arrays", "data must be a pair (inputs, labels), a dictionary or a source, got ndarray"),
    (None, "my:rows", "my:rows must return (inputs, labels), got NoneType"),
    ("file.csv", "my:rows", "my:rows must return (inputs, labels), got str"),
    (Path("file.csv"), "my:rows", "my:rows must return (inputs, labels), got PosixPath"),
    ({"inputs": X}, "arrays", "data has the keys ['inputs']; give inputs and labels (and classes, if you like)"),
    ({}, "arrays", "data has the keys []; give inputs and labels (and classes, if you like)"),
    ((X, Y[:-1]), "arrays", "inputs has 6 rows, labels has 5; every row needs one label"),
    (
        {"inputs": X, "labels": Y, "groups": [1, 2]},
        "arrays",
        "arrays groups has shape (2,), expected (6,): one for every row",
    ),
    (
        {"inputs": X, "labels": Y, "ids": [1, 1, 2, 3, 4, 5]},
        "arrays",
        "arrays id (data.id) has '1' twice (rows 0, 1); every row needs a name of its own",
    ),
]


@pytest.mark.parametrize(("value", "name", "message"), MESSAGES)
def test_what_is_refused(value: Any, name: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        made(value, name)
    assert str(caught.value) == message
