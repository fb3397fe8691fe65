"""The fitted temperature against a grid, against one that is known, and where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax

from overproof.errors import DataError
from overproof.metrics import fitted_temperature, log_loss
from overproof.metrics.temperature import LEAST, MOST

GRID = np.geomspace(LEAST, MOST, 4001)


def drawn(rows: int, classes: int, scale: float, seed: int) -> tuple[Any, Any]:
    """Logits, and labels drawn from their probabilities at temperature ``scale``."""
    generator = np.random.default_rng(seed)
    logits = generator.standard_normal((rows, classes)) * 3
    edges = softmax(logits / scale, axis=1).cumsum(axis=1)
    return logits, (generator.random((rows, 1)) > edges).sum(axis=1).clip(max=classes - 1)


def loss(logits: Any, labels: Any, temperature: float) -> float:
    """Log loss without clipping."""
    scaled = logits / temperature
    return float(np.mean(logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]))


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize(("rows", "classes"), [(40, 2), (300, 10)])
def test_no_temperature_of_a_grid_is_better(rows: int, classes: int, scale: float) -> None:
    logits, labels = drawn(rows, classes, scale, seed=rows)
    found = fitted_temperature(logits, labels)
    assert found is not None
    losses = [loss(logits, labels, temperature) for temperature in GRID]
    assert log_loss(softmax(logits / found, axis=1), labels) == pytest.approx(loss(logits, labels, found), rel=1e-9)
    assert loss(logits, labels, found) <= min(losses) + 1e-12
    assert found == pytest.approx(GRID[int(np.argmin(losses))], rel=3e-3)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_at_is_found(scale: float) -> None:
    assert fitted_temperature(*drawn(20_000, 10, scale, seed=1)) == pytest.approx(scale, rel=0.03)


def test_scaled_logits_need_a_scaled_temperature() -> None:
    logits, labels = drawn(200, 5, 2.0, seed=2)
    once = fitted_temperature(logits, labels)
    assert once is not None
    for factor in (0.1, 0.5, 2.0, 5.0):
        assert fitted_temperature(factor * logits, labels) == pytest.approx(factor * once, rel=1e-8)
    shifted = logits + np.random.default_rng(3).standard_normal((200, 1)) * 100
    assert fitted_temperature(shifted, labels) == pytest.approx(once, rel=1e-6)


def test_rows_that_determine_no_temperature() -> None:
    logits, labels = drawn(50, 4, 1.0, seed=4)
    assert fitted_temperature(logits, logits.argmax(axis=1)) is None  # all right: the more confident the better
    assert fitted_temperature(logits, logits.argmin(axis=1)) is None  # all wrong: the less confident the better
    assert fitted_temperature(np.zeros((3, 4)), [0, 1, 2]) is None  # nothing to scale
    assert fitted_temperature([[1e4, 0.0]], [0]) is None
    assert fitted_temperature(1e-3 * logits, labels) is None  # below the least
    assert fitted_temperature(1e3 * logits, labels) is None  # above the most


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 10**6))
def test_whatever_is_found_lies_between_the_bounds_and_cannot_be_bettered_nearby(
    rows: int, classes: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    logits = generator.integers(-9, 10, (rows, classes)).astype(np.float64)
    labels = generator.integers(0, classes, rows)
    found = fitted_temperature(logits, labels)
    if found is not None:
        assert LEAST < found < MOST
        best = loss(logits, labels, found)
        assert all(best <= loss(logits, labels, found * factor) + 1e-12 for factor in (0.9, 0.99, 1.01, 1.1))


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([1.0, 2.0], [0], r"logits have shape \[2\], expected \[rows, classes\]"),
        ([[1.0, np.inf]], [0], "logits must be finite, got 1 that are not"),
        ([[1.0, 2.0]], [2], r"labels lie in 2 … 2, expected 0 … 1"),
        ([[1.0, 2.0]], [0, 1], r"labels have shape \[2\], expected \[1\]"),
    ],
)
def test_what_is_not_a_row_of_logits_is_refused(logits: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted_temperature(logits, labels)
