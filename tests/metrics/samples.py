"""Predictions to try metrics on, and the reference values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What is no prediction, and the message that says so.
REFUSED: list[tuple[Any, Any, str]] = [
    ([], [], r"shape \[0\], expected \[rows, classes\]"),
    (np.empty((0, 3)), [], r"shape \[0, 3\], expected \[rows, classes\]"),
    ([0.5, 0.5], [0, 1], r"shape \[2\]"),
    ([[0.5, 0.5]], [0, 1], r"labels have shape \[2\], expected \[1\]"),
    ([[0.5, 0.5]], [2], r"labels lie in 2 … 2, expected 0 … 1"),
    ([[0.5, 0.5]], [-1], r"labels lie in -1 … -1"),
    ([[0.5, 0.5]], [1.0], r"labels are float64"),
    ([[np.nan, 0.5]], [0], r"must be finite"),
    ([[1.5, -0.5]], [0], r"not negative"),
    ([[3.0, 2.0]], [0], r"add up to 1 in every row, got values in 2 … 3 and sums in 5 … 5"),
]


def softmax(logits: Floats) -> Floats:
    """Of each row, without the safety that the tested code has."""
    powers: Floats = np.exp(logits)
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def sample(rows: int, classes: int, seed: int) -> tuple[Floats, Ints]:
    """Overconfident probabilities, and labels of which about half are as predicted."""
    generator = np.random.default_rng(seed)
    probabilities = softmax(2 * generator.standard_normal((rows, classes)))
    guess = generator.integers(0, classes, rows)
    return probabilities, np.where(generator.random(rows) < 0.5, probabilities.argmax(axis=1), guess)


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Floats, Ints]:
    """Any probabilities, zeros and ties included, and any labels."""
    rows, classes = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    return _table(draw, rows, classes), np.asarray(
        draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    )


@st.composite
def two_predictions(draw: st.DrawFn) -> tuple[Floats, Floats, Ints]:
    """What student and teacher say about the same rows, and any labels."""
    teacher, labels = draw(predictions())
    return _table(draw, *teacher.shape), teacher, labels


def _table(draw: st.DrawFn, rows: int, classes: int) -> Floats:
    row = st.lists(st.integers(0, 4), min_size=classes, max_size=classes)
    table: Floats = np.asarray(draw(st.lists(row, min_size=rows, max_size=rows)), dtype=np.float64)
    table[table.sum(axis=1) == 0] = 1
    table /= table.sum(axis=1, keepdims=True)
    return table


def reference(shared_data: Path, kind: str) -> list[dict[str, Any]]:
    """Entries of the reference values, with their arrays."""
    file = shared_data.parent / "reference" / "reference_values.json"
    if not file.is_file():
        pytest.skip(f"no reference values at {file}, beside the folder of real data")
    content = json.loads(file.read_text())
    with np.load(file.parent / content["arrays_file"]) as arrays:
        stored = {
            name: arrays[about["array"]] for name, about in content["inputs"].items() if name.startswith("metrics")
        }
    entries = [entry for entry in content["statistics"] if entry["kind"] == kind]
    assert entries
    for entry in entries:
        named = entry["inputs"].items()
        entry["inputs"] = {role: stored[value] if isinstance(value, str) else value for role, value in named}
    return entries
