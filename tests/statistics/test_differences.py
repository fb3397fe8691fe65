"""Differences against baycomp, scipy and reference values, and by invariants."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import baycomp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from overproof import statistics
from overproof.errors import DataError, StudyError
from overproof.statistics import Probabilities
from tests.statistics.samples import ROPES, cross_validations, reference


def test_variance_factor_is_that_of_nadeau_and_bengio() -> None:
    assert statistics.variance_factor(10, folds=5) == pytest.approx(1 / 10 + (1 / 5) / (4 / 5))
    assert statistics.variance_factor(2, folds=2) == 1.5


def test_agrees_with_the_reference_values(shared_data: Path) -> None:
    for entry in reference(shared_data, "correlated_t_test"):
        x, y, folds = (entry["inputs"][name] for name in ("x", "y", "folds"))
        d, expected = np.subtract(y, x), entry["expected"]
        for rope in (0.0, 0.005, 0.01):
            if (three := expected.get(f"baycomp_two_on_single_rope{rope:g}")) is None:
                continue
            found = statistics.probabilities(d, folds, rope)
            if len(three) == 3:
                assert found == pytest.approx(three[::-1], abs=1e-12), entry["id"]
            elif np.any(d):  # without a rope baycomp gives two numbers, and calls identical scores ½ : ½
                assert (found.hurts, found.helps) == pytest.approx(three, abs=1e-12), entry["id"]
        if (hand := expected.get("nadeau_bengio_hand_kfold")) is not None:
            assert statistics.t_test(d, folds) == pytest.approx((hand["t"], hand["p_two_sided"]), rel=1e-9)
            assert statistics.interval(d, folds) == pytest.approx(hand["ci95"], rel=1e-9)
            belief = statistics.posterior(d, folds)
            assert (belief.mean, belief.scale, belief.df) == pytest.approx((hand["mean"], hand["se"], hand["df"]))


@given(cross_validations(), ROPES)
def test_agrees_with_baycomp_whose_right_side_is_its_second_model(found: tuple[list[float], int], rope: float) -> None:
    d, folds = found
    assume(np.ptp(d) > 0)
    simple = np.linspace(0.6, 0.7, len(d))
    left, *within, right = baycomp.two_on_single(simple, simple + d, rope=rope, runs=len(d) // folds)
    expected = Probabilities(helps=right, same=within[0] if within else 0.0, hurts=left)
    assert statistics.probabilities(d, folds, rope) == pytest.approx(expected, abs=1e-9)


@given(cross_validations(), ROPES)
def test_probabilities_add_up_to_one(found: tuple[list[float], int], rope: float) -> None:
    p = statistics.probabilities(*found, rope)
    assert all(0 <= each <= 1 for each in p)
    assert sum(p) == pytest.approx(1, abs=1e-12)


@given(cross_validations(), ROPES)
def test_the_other_sign_swaps_helps_and_hurts(found: tuple[list[float], int], rope: float) -> None:
    d, folds = found
    p, mirrored = statistics.probabilities(d, folds, rope), statistics.probabilities(np.negative(d), folds, rope)
    assert (p.helps, p.hurts) == (mirrored.hurts, mirrored.helps)
    assert p.same == pytest.approx(mirrored.same)
    low, high = statistics.interval(d, folds)
    assert statistics.interval(np.negative(d), folds) == (-high, -low)


@given(cross_validations(), ROPES, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_does_not_matter_when_the_rope_has_it_too(
    found: tuple[list[float], int], rope: float, scale: float
) -> None:
    d, folds = found
    scaled = statistics.probabilities(np.multiply(d, scale), folds, rope * scale)
    assert scaled == pytest.approx(statistics.probabilities(d, folds, rope), abs=1e-12)
    assert statistics.repeats_needed([np.multiply(d, scale)], folds, rope * scale) == statistics.repeats_needed(
        [d], folds, rope
    )


@given(cross_validations(), st.floats(-1, 1))
def test_a_shift_moves_the_interval_and_nothing_else(found: tuple[list[float], int], shift: float) -> None:
    d, folds = found
    moved = statistics.interval(np.add(d, shift), folds)
    assert moved == pytest.approx(np.add(statistics.interval(d, folds), shift), abs=1e-9)


@given(cross_validations(), st.floats(0.01, 0.99))
def test_interval_is_centred_on_the_mean_and_grows_with_confidence(
    found: tuple[list[float], int], confidence: float
) -> None:
    d, folds = found
    low, high = statistics.interval(d, folds, confidence)
    assert (low + high) / 2 == pytest.approx(np.mean(d), abs=1e-9)
    wider = statistics.interval(d, folds, (1 + confidence) / 2)
    assert wider[0] <= low <= high <= wider[1]


@given(cross_validations())
def test_interval_leaves_out_zero_exactly_when_p_is_below_five_per_cent(found: tuple[list[float], int]) -> None:
    low, high = statistics.interval(*found)
    p = statistics.t_test(*found).p
    assume(abs(p - 0.05) > 1e-9)
    assert (low > 0 or high < 0) == (p < 0.05)


@given(cross_validations())
def test_order_of_splits_does_not_matter(found: tuple[list[float], int]) -> None:
    d, folds = found
    assert statistics.probabilities(sorted(d), folds, 0.01) == pytest.approx(statistics.probabilities(d, folds, 0.01))


@pytest.mark.parametrize("value", [0.1, 1 / 3, -0.7])
def test_equal_differences_are_certain(value: float) -> None:
    d = [value] * 15
    helps, hurts = float(value > 0), float(value < 0)
    assert statistics.interval(d, folds=5) == (value, value)
    assert statistics.probabilities(d, folds=5, rope=0.01) == (helps, 0, hurts)
    assert statistics.t_test(d, folds=5) == (math.copysign(math.inf, value), 0)
    assert statistics.spread(d).mean == value
    assert statistics.repeats_needed([d], folds=5, rope=0.01) == [1]


def test_equal_differences_of_exactly_the_rope_make_no_difference() -> None:
    assert statistics.probabilities([0.005] * 5, folds=5, rope=0.005) == (0, 1, 0)
    assert statistics.probabilities([-0.005] * 5, folds=5, rope=0.005) == (0, 1, 0)


def test_identical_scores_make_no_difference_even_without_a_rope() -> None:
    assert statistics.probabilities([0.0] * 5, folds=5, rope=0) == (0, 1, 0)
    assert statistics.t_test([0.0] * 5, folds=5) == (0, 1)


def test_two_differences_are_enough_for_two_folds() -> None:
    # df = 1 is a Cauchy distribution: P(> 0) = 1/2 + arctan(mean / scale) / π, and scale² = sd² · (1/2 + 1)
    assert statistics.posterior([0.01, 0.03], folds=2) == pytest.approx((0.02, math.sqrt(2e-4 * 1.5), 1))
    found = statistics.probabilities([0.01, 0.03], folds=2, rope=0)
    assert found.helps == pytest.approx(0.5 + math.atan(0.02 / math.sqrt(3e-4)) / math.pi)


def test_spread_of_one_value_has_no_sd() -> None:
    assert statistics.spread([0.5]).model_dump() == {"mean": 0.5, "sd": None, "values": [0.5]}
    assert statistics.spread([0.1, 0.2, 0.6]).sd == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1))


def calls(differences: Any, folds: int = 5) -> list[Any]:
    return [
        lambda: statistics.posterior(differences, folds),
        lambda: statistics.interval(differences, folds),
        lambda: statistics.t_test(differences, folds),
        lambda: statistics.probabilities(differences, folds, 0.01),
        lambda: statistics.repeats_needed([differences], folds, 0.01),
    ]


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        ([0.1], r"multiple of folds \(5\), got 1"),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], r"multiple of folds \(5\), got 6"),
        ([], r"shape \[0\]"),
        ([[0.1] * 5], r"shape \[1, 5\]"),
        ([0.1, 0.2, math.nan, 0.1, 0.1], "got nan at split 2"),
        ([0.1, 0.2, 0.1, -math.inf, math.nan], "got -inf at split 3"),
    ],
)
def test_differences_that_say_nothing_are_refused(differences: Any, message: str) -> None:
    for call in calls(differences):
        with pytest.raises(DataError, match=message):
            call()


def test_settings_that_mean_nothing_are_refused() -> None:
    for call in calls([0.1], folds=1):
        with pytest.raises(StudyError, match="folds must be at least 2, got 1"):
            call()
    for rope in (-0.01, math.nan):
        with pytest.raises(StudyError, match="rope must be at least 0"):
            statistics.probabilities([0.1, 0.2], 2, rope)
    with pytest.raises(StudyError, match="confidence must lie between 0 and 1"):
        statistics.interval([0.1, 0.2], 2, confidence=95)
