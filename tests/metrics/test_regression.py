"""Metrics of values against scikit-learn, for one output and several, and for outputs that do not vary."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from overproof.errors import DataError
from overproof.metrics import regression
from tests.metrics.samples import Floats


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Values and targets of any size, constant outputs among them."""
    rows, outputs = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    scale = 10.0 ** draw(st.integers(-6, 6))
    cells = st.lists(st.integers(-4, 4), min_size=rows * outputs, max_size=rows * outputs)
    return tuple(scale * np.array(draw(cells), dtype=np.float64).reshape(rows, outputs) for _ in range(2))  # type: ignore[return-value]


@given(pairs())
def test_they_agree_with_scikit_learn(found: tuple[Floats, Floats]) -> None:
    values, targets = found
    assert regression.rmse(values, targets) == pytest.approx(sklearn_metrics.root_mean_squared_error(targets, values))
    assert regression.mae(values, targets) == pytest.approx(sklearn_metrics.mean_absolute_error(targets, values))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a single row it says nan
        wanted = sklearn_metrics.r2_score(targets, values)
    if len(values) > 1:
        assert regression.r2(values, targets) == pytest.approx(wanted, abs=1e-9)


@given(pairs())
def test_the_unit_is_the_targets(found: tuple[Floats, Floats]) -> None:
    values, targets = found
    assert regression.rmse(1000 * values, 1000 * targets) == pytest.approx(1000 * regression.rmse(values, targets))
    assert regression.mae(1000 * values, 1000 * targets) == pytest.approx(1000 * regression.mae(values, targets))
    assert regression.r2(1000 * values, 1000 * targets) == pytest.approx(regression.r2(values, targets), abs=1e-9)
    assert regression.absolute_errors(values, targets).mean() == pytest.approx(regression.mae(values, targets))


def test_one_output_may_have_no_axis_of_its_own() -> None:
    assert regression.rmse([1.0, 3.0], [1.0, 7.0]) == regression.rmse([[1.0], [3.0]], [[1.0], [7.0]])


def test_an_output_that_does_not_vary_is_1_or_0() -> None:
    assert regression.r2([[0.1], [0.1]], [[0.1], [0.1]]) == 1.0
    assert regression.r2([[0.2], [0.1]], [[0.1], [0.1]]) == 0.0
    assert regression.r2([[5.0]], [[4.0]]) == 0.0
    assert regression.r2([[0.1, 1.0], [0.1, 2.0]], [[0.1, 1.0], [0.1, 2.0]]) == 1.0


def test_large_values_do_not_overflow() -> None:
    assert regression.rmse(np.array([[3e38]], np.float32), np.array([[-3e38]], np.float32)) == pytest.approx(6e38)


@pytest.mark.parametrize("metric", list(regression.METRICS.values()))
@pytest.mark.parametrize(
    ("values", "targets", "message"),
    [
        ([], [], r"expected \[rows, outputs\]"),
        ([[1.0]], [[1.0], [2.0]], r"targets have shape \[2, 1\], expected \[1, 1\]"),
        ([[np.inf]], [[1.0]], "values must be finite, got 1 that are not"),
        ([[1.0]], [[np.nan]], "targets must be finite"),
        ([[[1.0]]], [[[1.0]]], r"shape \[1, 1, 1\]"),
    ],
)
def test_what_are_no_values_is_refused(metric: Any, values: Any, targets: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        metric(values, targets)
