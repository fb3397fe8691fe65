from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.errors import ModelError
from overproof.teachers.teacher import check_steady
from tests.teachers.pupils import made, table

DATA = table(words=False, gaps=False)
Rows = NDArray[np.float32]


def voice(function: Callable[[Rows], Any]) -> Any:
    return made("python:it", DATA, live=function)


def test_the_same_answers_are_steady() -> None:
    check_steady(voice(lambda rows: np.column_stack([rows, rows[:, 0]])), DATA)


def test_chance_is_not() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(ModelError, match="is not deterministic: asked twice about the same rows, its answers differ"):
        check_steady(voice(lambda rows: random.normal(size=(len(rows), 3))), DATA)


def test_an_answer_is_about_its_row_alone() -> None:
    with pytest.raises(
        ModelError, match=r"its answer about a row differs by .* with the rows it is asked about beside"
    ):
        check_steady(voice(lambda rows: np.column_stack([rows, rows[:, 0]]) - rows.mean()), DATA)
