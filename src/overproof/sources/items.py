"""Map-style data sets, torch's included: a length, and items that are pairs (input, label) or dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from overproof.data.arrays import as_array, objects, one_line
from overproof.data.dataset import Dataset, assembled, from_arrays
from overproof.errors import DataError
from overproof.sources.frames import from_records
from overproof.sources.pictures import stacked
from overproof.sources.tables import as_dataset
from overproof.sources.texts import tokenised
from overproof.study import Data

#: What the input and the label of an item are called, where items are dictionaries.
INPUTS = ("inputs", "input", "x", "image", "img", "pixel_values", "text", "sentence", "data", "features")
LABELS = ("label", "labels", "target", "class", "y")


def is_items(value: Any) -> bool:
    """Whether ``value`` is a map-style data set: it has a length and items, and is no array, text or dictionary."""
    if isinstance(value, str | bytes | Mapping | np.ndarray) or hasattr(value, "detach"):
        return False
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def from_items(dataset: Any, data: Data, name: str) -> Dataset:
    """The rows of a map-style data set; each item is asked for once, in order.

    Args:
        dataset: has ``__len__`` and ``__getitem__``. An item is (input, label), or a dictionary: with the label under
            ``data.target`` or a usual name, and the input under a usual name or beside no other. A dictionary of
            several numbers and texts is a row of a table. Inputs are arrays or tensors of one shape, texts, or images
            of Pillow. Where it has ``classes``, they name the labels that are numbers.
        data: the study's table.
        name: of the data set, and in messages.

    Raises:
        DataError: an item that cannot be had, or is neither; inputs of different shapes.

    Example:
        >>> rows = [(np.ones(2), "cat"), (np.zeros(2), "dog"), (np.ones(2), "cat")]
        >>> from_items(rows, Data(source="pets"), "pets").labels
        array([0, 1, 0])
    """
    items = _items(dataset, name)
    if all(isinstance(item, Mapping) for item in items):
        return _dictionaries(items, data, name, _classes(dataset))
    inputs, labels = [], []
    for place, item in enumerate(items):
        if not isinstance(item, tuple | list) or len(item) != 2:
            size = f" of {len(item)}" if isinstance(item, tuple | list) else ""
            raise DataError(
                f"{name} item {place:,} is a {type(item).__name__}{size}; every item must be a pair (input, label), "
                "or a dictionary"
            )
        inputs.append(item[0])
        labels.append(item[1])
    return of_rows(inputs, _labels(labels, name), data, name, _classes(dataset))


def _items(dataset: Any, name: str) -> list[Any]:
    place = -1
    try:
        count = len(dataset)
        items = []
        for place in range(count):
            items.append(dataset[place])
    except Exception as error:  # the caller's code, which may raise anything
        where = f"item {place:,}" if place >= 0 else "its length"
        raise DataError(f"{name}: {where} cannot be had ({type(error).__name__}: {one_line(error)})") from error
    if not items:
        raise DataError(f"{name} has 0 data rows")
    return items


def _classes(dataset: Any) -> list[str] | None:
    """Names of the classes, as torchvision's data sets have them."""
    classes = getattr(dataset, "classes", None)
    named = isinstance(classes, list | tuple) and all(isinstance(each, str) for each in classes)
    return [str(each) for each in classes] if named and classes else None


def _dictionaries(items: Sequence[Mapping[Any, Any]], data: Data, name: str, classes: list[str] | None) -> Dataset:
    keys = list(dict.fromkeys(key for item in items for key in item))
    wanted = [data.target] if isinstance(data.target, str) else data.target or [key for key in keys if key in LABELS]
    inputs = [key for key in keys if key not in wanted and key not in data.ignore]
    usual = [key for key in inputs if key in INPUTS]
    alone = inputs[0] if len(inputs) == 1 else usual[0] if len(usual) == 1 else None
    scalar = all(_is_cell(item.get(key)) for item in items for key in (inputs if alone is None else [alone]))
    if data.text is not None or (scalar and not (alone is not None and isinstance(items[0].get(alone), str))):
        return as_dataset(from_records([_plain_record(item) for item in items], name, data.ignore), data)
    if alone is None or len(wanted) != 1:
        raise DataError(
            f"{name} has items with the keys {', '.join(map(str, keys))}; say in data.target which is the label, and "
            "in data.ignore which are not the input"
        )
    for place, item in enumerate(items):
        for key in (alone, wanted[0]):
            if key not in item:
                raise DataError(f"{name} item {place:,} has no key {key!r}; its keys are {', '.join(map(str, item))}")
    labels = _labels([item[wanted[0]] for item in items], name)
    return of_rows([item[alone] for item in items], labels, data, name, classes)


def _is_cell(value: Any) -> bool:
    """Whether a value could stand in a cell of a table."""
    return value is None or isinstance(value, str | bool | int | float | np.generic) or _ndim(value) == 0


def _ndim(value: Any) -> int | None:
    return getattr(value, "ndim", None) if isinstance(value, np.ndarray) or hasattr(value, "detach") else None


def _plain_record(item: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _plain(value) for key, value in item.items()}


def _plain(value: Any) -> Any:
    """A scalar out of an array or tensor without axes."""
    return value.item() if isinstance(value, np.generic) or _ndim(value) == 0 else value


def _labels(labels: Sequence[Any], name: str) -> Any:
    plain = [_plain(label) for label in labels]
    if any(label is None for label in plain):
        row = next(row for row, label in enumerate(plain) if label is None)
        raise DataError(f"{name} item {row:,} has no label")
    if all(isinstance(label, str) for label in plain):
        return objects(plain)
    if any(isinstance(label, str) for label in plain):
        row = next(row for row, label in enumerate(plain) if not isinstance(label, type(plain[0])))
        raise DataError(
            f"{name} item {row:,} has the label {plain[row]!r:.40}, others are like {plain[0]!r:.40}; give all one kind"
        )
    return as_array([as_array(label, f"the label of {name}") for label in plain], f"the labels of {name}")


def of_rows(inputs: Sequence[Any], labels: Any, data: Data, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Rows of arrays, of texts or of images, each on its own."""
    numbered = getattr(getattr(labels, "dtype", None), "kind", "O") in "iu" and getattr(labels, "ndim", 1) == 1
    names = classes if numbered else None
    called = (f"inputs of {name}", f"labels of {name}")
    if all(isinstance(each, str) for each in inputs):
        rows, tokens = tokenised(inputs, data, called[0])
        return assembled(rows, labels, name, names, task=data.task, called=called, tokens=tokens)
    if all(hasattr(each, "getbands") for each in inputs):  # images of Pillow
        pictures, notes = stacked(inputs, lambda row: f"{name} item {row:,}", name, data.size)
        return assembled(pictures, labels, name, names, task=data.task, called=called, notes=notes)
    arrays = [as_array(each, f"{name} item {row:,}") for row, each in enumerate(inputs)]
    for row, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise DataError(
                f"{name} item {row:,} has an input of shape {array.shape}, item 0 of shape {arrays[0].shape}; all rows "
                "must have one shape"
            )
    whole = np.stack(arrays)
    whole = whole[:, np.newaxis] if whole.ndim == 1 else whole
    return from_arrays(whole, labels, name, names, task=data.task, called=called)
