"""Evidence of single rows: against scipy and reference values, and the bootstrap's coverage by simulation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from overproof import statistics
from overproof.errors import DataError, StudyError
from overproof.randomness import key
from tests.statistics.samples import reference


def rows_right(student_alone: int, simple_alone: int, both: int = 0, neither: int = 0) -> tuple[list[bool], list[bool]]:
    student = [True] * student_alone + [False] * simple_alone + [True] * both + [False] * neither
    simple = [False] * student_alone + [True] * simple_alone + [True] * both + [False] * neither
    return student, simple


def test_mcnemar_agrees_with_the_reference_values(shared_data: Path) -> None:
    for entry in reference(shared_data, "mcnemar"):
        given = entry["inputs"]
        if "table" in given:
            (both, student_alone), (simple_alone, neither) = given["table"]
            a, b = rows_right(student_alone, simple_alone, both, neither)
        else:
            a, b = given["pred_a"] == given["labels"], given["pred_b"] == given["labels"]
        for student, simple in ((a, b), (b, a)):
            p = statistics.mcnemar(student, simple)
            assert p == pytest.approx(entry["expected"]["statsmodels_exact"]["p"], rel=1e-12)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 5))
def test_mcnemar_is_the_binomial_test_of_the_rows_on_which_they_differ(a: int, b: int, same: int) -> None:
    expected = stats.binomtest(a, a + b, 0.5).pvalue if a + b else 1.0
    assert statistics.mcnemar(*rows_right(a, b, both=same, neither=2 * same)) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_refuses_what_is_not_a_truth_value_for_each_row() -> None:
    for student, simple in (([0, 1], [1, 0]), ([True], [True, False]), ([[True]], [[False]]), ([], [])):
        with pytest.raises(DataError, match="expected a truth value for each row"):
            statistics.mcnemar(student, simple)


@settings(max_examples=20)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(0, 5))
def test_the_bootstrap_does_not_depend_on_the_order_of_rows_and_lies_within_them(gains: list[float], seed: int) -> None:
    a_key = key(seed, "bootstrap")
    low, high = statistics.bootstrap_interval(gains, a_key)
    assert (low, high) == statistics.bootstrap_interval(gains[::-1], a_key)
    assert min(gains) - 1e-12 <= low <= high <= max(gains) + 1e-12


def test_another_key_draws_other_samples() -> None:
    gains = np.random.default_rng(0).standard_normal(50)
    first, again, other = (statistics.bootstrap_interval(gains, key(seed, "bootstrap")) for seed in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_bootstrap_agrees_with_scipy_and_with_the_normal_interval(confidence: float) -> None:
    gains = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], size=1_000, p=[0.05, 0.85, 0.10])
    low, high = statistics.bootstrap_interval(gains, key(0, "bootstrap"), confidence)
    theirs = stats.bootstrap(
        (gains,), np.mean, confidence_level=confidence, method="percentile", n_resamples=4_000, rng=1
    ).confidence_interval
    half = stats.norm.ppf((1 + confidence) / 2) * gains.std() / math.sqrt(len(gains))
    assert (low, high) == pytest.approx(tuple(theirs), abs=0.1 * half)
    assert (low, high) == pytest.approx((gains.mean() - half, gains.mean() + half), abs=0.1 * half)


def test_the_bootstrap_holds_the_true_gain_about_as_often_as_it_says() -> None:
    samples = np.random.default_rng(4).choice([-1.0, 0.0, 1.0], size=(120, 200), p=[0.05, 0.80, 0.15])
    ends = np.array([statistics.bootstrap_interval(gains, key(i, "bootstrap")) for i, gains in enumerate(samples)])
    held = np.mean((ends[:, 0] <= 0.1) & (ends[:, 1] >= 0.1))
    assert held == pytest.approx(0.95, abs=0.05)


def test_gains_that_say_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="every row needs a finite number, got nan at row 1"):
        statistics.bootstrap_interval([0.0, math.nan], 0)
    with pytest.raises(DataError, match="expected one number for each row"):
        statistics.bootstrap_interval([], 0)
    with pytest.raises(StudyError, match="confidence must lie between 0 and 1"):
        statistics.bootstrap_interval([0.0], 0, confidence=95)
