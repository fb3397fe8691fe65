from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Subset, TensorDataset

from overproof.data.dataset import from_arrays
from overproof.errors import DataError
from overproof.sources.catalogue import from_object
from overproof.sources.items import from_items, is_items
from overproof.study import Data

X = np.arange(12, dtype=np.float32).reshape(4, 3)
Y = [0, 1, 2, 1]


class Mine(TorchDataset[Any]):
    """A data set as people write them, which can be told to go wrong."""

    def __init__(self, items: list[Any], **beside: Any) -> None:
        self.items = items
        self.__dict__.update(beside)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Any:
        item = self.items[place]
        if isinstance(item, Exception):
            raise item
        return item


def made(items: list[Any], beside: dict[str, Any] | None = None, **keys: Any) -> Any:
    return from_items(Mine(items, **(beside or {})), Data.model_validate({"source": "live", **keys}), "mine")


@pytest.mark.parametrize(
    "items",
    [
        Mine(list(zip(X, Y, strict=True))),
        Mine([(torch.from_numpy(x), torch.tensor(y)) for x, y in zip(X, Y, strict=True)]),
        TensorDataset(torch.from_numpy(X), torch.tensor(Y)),
        Subset(TensorDataset(torch.from_numpy(X), torch.tensor(Y)), [0, 1, 2, 3]),
        [(x.tolist(), np.int64(y)) for x, y in zip(X, Y, strict=True)],
        Mine([{"x": x, "label": y} for x, y in zip(X, Y, strict=True)]),
        Mine([{"pixels": torch.from_numpy(x), "y": y} for x, y in zip(X, Y, strict=True)]),
    ],
)
def test_items_are_rows(items: Any) -> None:
    data = from_object(items, Data(source="live"), "arrays")
    assert data.digest == from_arrays(X, Y, "arrays").digest


def test_images_of_bytes_are_pixels() -> None:
    images = np.arange(4 * 6 * 5 * 3, dtype=np.uint8).reshape(4, 6, 5, 3)
    assert made(list(zip(images, Y, strict=True))).digest == from_arrays(images, Y, "x").digest


def test_images_of_pillow() -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.arange(4 * 6 * 5, dtype=np.uint8).reshape(4, 6, 5)
    rows = [(image.fromarray(each), name) for each, name in zip(pixels, "abab", strict=True)]
    assert np.array_equal(made(rows).inputs, from_arrays(pixels, list("abab"), "x").inputs)
    assert made(rows).notes == ()


def test_what_images_of_pillow_lose_is_told() -> None:
    image = pytest.importorskip("PIL.Image")
    rows = [(image.new(mode, (3, 2)), name) for mode, name in (("RGB", "a"), ("CMYK", "b"), ("RGBA", "a"))]
    assert [note.split(" (first: ")[0] for note in made(rows).notes] == [
        "mine: 1 of 3 images are CMYK and become RGB without a colour profile",
        "mine: 1 of 3 images may be transparent and are laid on white",
    ]


def test_texts() -> None:
    data = made([("good morning", "a"), ("good night", "b")])
    assert data.tokens.texts == ("good morning", "good night")
    other = made([{"text": "good morning", "label": "a"}, {"text": "good night", "label": "b"}])
    assert other.digest == data.digest


def test_dictionaries_of_scalars_are_rows_of_a_table() -> None:
    data = made([{"age": 1, "job": "cook", "y": "a"}, {"age": None, "job": "none", "y": "b"}])
    assert [column.name for column in data.columns] == ["age", "job"]
    assert np.array_equal(data.inputs, np.array([[1, 0], [np.nan, 1]]), equal_nan=True)


def test_classes_name_numbers_as_in_torchvision() -> None:
    assert made(list(zip(X, Y, strict=True)), {"classes": ["z", "m", "a"]}).classes == ("z", "m", "a")
    assert made(list(zip(X, "abab", strict=True)), {"classes": ["z", "m", "a"]}).classes == ("a", "b")


def test_values_and_several_labels() -> None:
    assert made(list(zip(X, [0.5, 1.5, 2.5, 3.5], strict=True))).task == "regression"
    labels = torch.tensor([[0, 1], [1, 1], [1, 0], [0, 0]])
    data = made(list(zip(X, labels, strict=True)))
    assert (data.task, data.labels.tolist()) == ("multilabel", labels.tolist())


def test_the_target_says_which_key_is_the_label() -> None:
    items = [{"x": x, "coarse": y > 0, "fine": y} for x, y in zip(X, Y, strict=True)]
    assert made(items, target="fine", ignore=["coarse"]).classes == ("0", "1", "2")
    with pytest.raises(DataError, match=r"has items with the keys x, coarse, fine; say in data\.target"):
        made(items)


MESSAGES: list[tuple[list[Any], str]] = [
    ([], "mine has 0 data rows"),
    ([(X[0], 0), ValueError("no such\nfile")], "mine: item 1 cannot be had (ValueError: no such file)"),
    (
        [(X[0], 0, 1)],
        "mine item 0 is a tuple of 3; every item must be a pair (input, label), or a dictionary",
    ),
    ([X[0]], "mine item 0 is a ndarray; every item must be a pair (input, label), or a dictionary"),
    (
        [(X[0], 0), (X[0, :2], 1)],
        "mine item 1 has an input of shape (2,), item 0 of shape (3,); all rows must have one shape",
    ),
    ([(X[0], 0), (X[1], None)], "mine item 1 has no label"),
    ([(X[0], "a"), (X[1], 1)], "mine item 1 has the label 1, others are like 'a'; give all one kind"),
    ([{"x": X[0], "y": 0}, {"x": X[1]}], "mine item 1 has no key 'y'; its keys are x"),
    ([(X[0], 0), (X[1] * np.nan, 1)], "inputs of mine row 1 column 0 is NaN (3 such values)"),
    ([(object(), 0), (object(), 1)], "inputs of mine holds Python objects (dtype object); give an array of numbers"),
]


@pytest.mark.parametrize(("items", "message"), MESSAGES)
def test_what_is_refused(items: list[Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        made(items)
    assert str(caught.value) == message


def test_what_has_items() -> None:
    assert is_items(Mine([]))
    assert is_items([])
    assert not any(map(is_items, [np.eye(2), torch.eye(2), "text", b"x", {"x": 1}, 5, iter([])]))
