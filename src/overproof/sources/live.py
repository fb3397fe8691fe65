"""What a Python caller may give as data: arrays, frames, map-style data sets, dictionaries of these; or a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from overproof.data.arrays import as_array
from overproof.data.columns import numeric
from overproof.data.dataset import Dataset, from_arrays
from overproof.data.inputs import as_inputs
from overproof.errors import DataError
from overproof.sources.beside import beside_arrays
from overproof.sources.frames import as_table, from_frame, is_frame, names
from overproof.sources.items import from_items, is_items, of_rows
from overproof.sources.tables import as_dataset
from overproof.sources.texts import tokenised
from overproof.sources.unlabelled import without_labels
from overproof.study import Data

#: What a dictionary may hold beside inputs and labels, by the study's key.
BESIDE = {"groups": "groups", "times": "time", "time": "time", "ids": "id", "keys": "id", "id": "id"}


class Main(NamedTuple):
    """The main rows, and whether the test rows are among them."""

    dataset: Dataset
    tested: bool = False


def main(value: Any, data: Data, name: str, test: str | None = None) -> Main:
    """The main rows, from whatever holds them.

    Args:
        value: a data set, a frame, a pair (inputs, labels), a dictionary of these, or a map-style data set.
        data: the study's table.
        name: ``"arrays"``, or what returned the value: for messages, and the data set's name.
        test: a column of a frame that is true in test rows, or another source, which is not looked at here.

    Raises:
        DataError: anything else, or rows that do not fit.
    """
    if isinstance(value, Dataset):
        return Main(value)
    if isinstance(value, Mapping):
        return _dictionary(value, data, name, test)
    if is_frame(value):
        tested = test is not None and test in names(value)
        return Main(from_frame(value, data, _said(value, name), test if tested else None), tested)
    if isinstance(value, tuple | list) and len(value) == 2:
        return _pair(value[0], value[1], data, name, test=test)
    if is_items(value):
        return Main(from_items(value, data, _said(value, name)))
    if name == "arrays":
        raise DataError(f"data must be a pair (inputs, labels), a dictionary or a source, got {type(value).__name__}")
    raise DataError(f"{name} must return (inputs, labels), got {type(value).__name__}")


def more(value: Any, data: Data, name: str) -> Dataset:
    """Rows without labels, from whatever holds them; labels among them are not looked at.

    Raises:
        DataError: when there are no such rows in it.
    """
    if isinstance(value, Mapping) and "inputs" in value:
        beside = {BESIDE[key]: value[key] for key in value if key in BESIDE}
        rows = more(value["inputs"], data, name)
        return replace(rows, **beside_arrays(beside, len(rows), name))
    if isinstance(value, Dataset):
        return value
    if is_frame(value):
        return as_dataset(as_table(value, name, data.ignore), data, labelled=False, main=False)
    if isinstance(value, tuple | list) and len(value) == 2 and not isinstance(value[0], str | int | float):
        return more(value[0], data, name)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        numbers, tokens = tokenised(value, data, name)
        return without_labels(numbers, tokens=tokens)
    array = as_array(value, name)
    inputs = as_inputs(array, name)
    table = inputs.ndim == 2 and array.dtype != np.uint8
    return without_labels(inputs, columns=numeric(inputs.shape[1]) if table else None)


def _dictionary(value: Mapping[Any, Any], data: Data, name: str, test: str | None) -> Main:
    if "source" in value and value.keys().isdisjoint(("inputs", "labels")):
        return main(value["source"], data, name, test)
    if is_frame(value.get("inputs")) and "labels" not in value:
        return main(value["inputs"], data, name, test)
    if not {"inputs", "labels"} <= value.keys():
        keys = sorted(map(str, value))
        raise DataError(f"data has the keys {keys}; give inputs and labels (and classes, if you like)")
    found = _pair(value["inputs"], value["labels"], data, name, test=test, classes=value.get("classes"))
    beside = {BESIDE[key]: value[key] for key in value if key in BESIDE and not isinstance(value[key], str)}
    return found._replace(dataset=replace(found.dataset, **beside_arrays(beside, len(found.dataset), name)))


def _pair(inputs: Any, labels: Any, data: Data, name: str, *, test: str | None, classes: Any = None) -> Main:
    if is_frame(inputs):
        tested = test is not None and test in names(inputs)
        dataset = from_frame((inputs, labels), data, _said(inputs, name), test if tested else None)
        return Main(dataset, tested)
    if isinstance(inputs, list | tuple | np.ndarray) and len(inputs) and all(isinstance(each, str) for each in inputs):
        return Main(of_rows(list(inputs), labels, data, name, classes))
    return Main(from_arrays(inputs, labels, name, classes, task=data.task))


def _said(value: Any, name: str) -> str:
    """What messages call a value: what returned it, or else what it is."""
    return name if name != "arrays" else type(value).__name__
