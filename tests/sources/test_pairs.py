"""Rows and labels of estimators: the data sets that a study would make of them."""

from __future__ import annotations

import numpy as np
import pytest

from overproof.data.dataset import UNLABELLED, from_arrays
from overproof.errors import DataError
from overproof.sources.catalogue import from_object
from overproof.sources.pairs import completed, labelled
from overproof.study import Data

ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=np.float32)


def test_arrays_are_what_they_are_for_a_study() -> None:
    assert labelled(ROWS, ["b", "a", "b"], "binary").digest == from_arrays(ROWS, ["b", "a", "b"], "arrays").digest
    gaps = ROWS.copy()
    gaps[1, 1] = np.nan
    assert np.isnan(labelled(gaps, [1.5, 2.5, 0.5], "regression").inputs[1, 1])


def test_frames_are_what_they_are_for_a_study() -> None:
    pandas = pytest.importorskip("pandas")
    frame, labels = pandas.DataFrame({"age": [1.0, None, 3.0], "job": ["a", "b", "a"]}), pandas.Series([0, 1, 0])
    study = from_object((frame, labels), Data(source="python:arrays"), "arrays")
    assert labelled(frame, labels, "binary").digest == study.digest


def test_more_rows_and_groups() -> None:
    data = labelled(ROWS, [0, 1, 0], "binary")
    whole = completed(data, ROWS[:2] + 10, ["x", "y", "x", "z", "y"])
    assert whole.part.tolist() == [0, 0, 0, UNLABELLED, UNLABELLED]
    assert whole.groups is not None
    assert whole.groups[0] == whole.groups[2] != whole.groups[1] == whole.groups[4]
    assert completed(data).digest == data.digest
    for groups in ([1, 2, 3], [[1, 2, 3, 4, 5]]):
        with pytest.raises(DataError, match=r"expected \(5,\): one for every row, 3 of X and then 2 of unlabelled"):
            completed(data, ROWS[:2] + 10, groups)
    with pytest.raises(DataError, match=r"groups has shape \(2,\), expected \(3,\): one for every row$"):
        completed(data, groups=[1, 2])
