"""Differences over splits: as counts of rows give them, with moments to order, correlated; and reference values."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

ROPES = st.sampled_from([0.0, 0.005, 0.01, 0.2])


@st.composite
def cross_validations(draw: st.DrawFn) -> tuple[list[float], int]:
    """Differences as counts of test rows give them, often equal, and the folds they come from."""
    folds = draw(st.integers(2, 6))
    n = folds * draw(st.integers(1, 4))
    return [k / 500 for k in draw(st.lists(st.integers(-60, 60), min_size=n, max_size=n))], folds


def with_moments(mean: float, sd: float, n: int) -> NDArray[np.float64]:
    """Differences with exactly this mean and standard deviation, up to rounding."""
    shape = np.random.default_rng(n).standard_normal(n)
    shape -= shape.mean()
    return np.asarray(mean + sd * shape / shape.std(ddof=1))


def correlated(draws: int, n: int, rho: float, seed: int = 20240229) -> NDArray[np.float64]:
    """Normal differences of mean 0 and variance 1, any two of which correlate by rho, shape [draws, n]."""
    generator = np.random.default_rng(seed)
    shared = generator.standard_normal((draws, 1)) * math.sqrt(rho)
    return np.asarray(shared + generator.standard_normal((draws, n)) * math.sqrt(1 - rho))


def reference(shared_data: Path, kind: str) -> list[dict[str, Any]]:
    """The published values of a kind, with the arrays they name."""
    file = shared_data.parent / "reference" / "reference_values.json"
    if not file.is_file():
        pytest.skip(f"no reference values at {file}, beside the folder of real data")
    content = json.loads(file.read_text())
    entries = [entry for entry in content["statistics"] if entry["kind"] == kind]
    assert entries
    with np.load(file.parent / content["arrays_file"]) as arrays:
        for entry in entries:
            for role, value in entry["inputs"].items():
                if isinstance(value, str):
                    entry["inputs"][role] = arrays[content["inputs"][value]["array"]]
    return entries
