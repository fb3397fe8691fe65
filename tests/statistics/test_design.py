"""Splits that are no k-fold cross-validation: what their variance is, and that everything follows it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof import statistics
from overproof.errors import DataError, StudyError
from overproof.statistics import Design, k_fold, seeds, windows
from tests.statistics.samples import ROPES, cross_validations, with_moments

DIFFERENCES = [0.02, 0.01, 0.03, 0.02, 0.02]


@given(cross_validations(), ROPES)
def test_a_number_of_folds_and_its_design_are_the_same(case: tuple[list[float], int], rope: float) -> None:
    differences, folds = case
    design = k_fold(folds)
    assert design.ratio == 1 / (folds - 1)
    for function in (statistics.posterior, statistics.interval, statistics.t_test):
        assert function(differences, folds) == function(differences, design)
    assert statistics.probabilities(differences, folds, rope) == statistics.probabilities(differences, design, rope)
    needed = statistics.repeats_needed([differences], folds, rope)
    assert needed == statistics.repeats_needed([differences], design, rope)
    assert needed == statistics.repeats_needed([differences], [design], rope)


@given(cross_validations(), st.floats(0.1, 1.0))
def test_windows_have_their_own_ratio_and_count_each_fold_once(case: tuple[list[float], int], ratio: float) -> None:
    differences, folds = case
    design = Design(folds, ratio, redrawn=False)
    means = np.mean(np.reshape(differences, (-1, folds)), axis=0)
    mean, scale, df = statistics.posterior(differences, design)
    assert mean == pytest.approx(means.mean(), abs=1e-15)
    assert scale == pytest.approx(means.std(ddof=1) * math.sqrt(1 / folds + ratio), abs=1e-15)
    assert df == folds - 1


def test_the_ratio_of_windows_is_the_mean_over_folds() -> None:
    design = windows([(10, 10), (10, 20), (10, 30), (10, 40), (10, 50)])
    assert design.ratio == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)
    assert (design.folds, design.redrawn, design.rows) == (5, False, 0)


def test_repeats_of_the_same_folds_do_not_make_surer() -> None:
    design = windows([(10, 10), (10, 20), (10, 30)])
    once = statistics.posterior([0.02, 0.01, 0.04], design)
    assert statistics.posterior([0.02, 0.01, 0.04] * 7, design) == pytest.approx(once)
    assert statistics.repeats_needed([[0.02, 0.01, 0.04]], design, rope=0.0) == [None]
    assert statistics.repeats_needed([[0.020, 0.021, 0.022]], design, rope=0.0) == [1]
    assert statistics.smallest_effect(0.01, design) == statistics.smallest_effect(0.01, design, repeats=9)


@given(st.lists(st.integers(-60, 60), min_size=2, max_size=12), st.floats(1e-6, 1e-3), ROPES)
def test_an_official_test_has_two_variances(counts: list[int], rows: float, rope: float) -> None:
    differences = [count / 500 for count in counts]
    mean, scale, df = statistics.posterior(differences, seeds(rows))
    assert scale == pytest.approx(math.sqrt(np.var(differences, ddof=1) / len(counts) + rows))
    assert mean == pytest.approx(np.mean(differences))
    assert df == len(counts) - 1
    low, high = statistics.interval(differences, seeds(rows))
    assert high - low > 0  # equal differences are no certainty about other rows
    sure = statistics.interval(differences, seeds(0.0))
    assert low <= sure[0] + 1e-12
    assert sure[1] <= high + 1e-12
    assert sum(statistics.probabilities(differences, seeds(rows), rope)) == pytest.approx(1)


def test_more_seeds_leave_the_variance_of_the_rows() -> None:
    floor = statistics.smallest_effect(0.01, seeds(0.0001), rope=0.005)
    assert floor == pytest.approx(0.005 + 1.959964 * 0.01)
    assert statistics.smallest_effect(0.01, seeds(0.0001), rope=0.005, repeats=1_000) == pytest.approx(floor, rel=0.01)
    assert statistics.repeats_needed([with_moments(0.02, 0.01, 5)], seeds(0.0001), rope=0.005) == [None]
    [needed] = statistics.repeats_needed([with_moments(0.03, 0.02, 5)], seeds(0.0001), rope=0.005)
    assert needed is not None
    assert (
        statistics.verdict(statistics.probabilities(with_moments(0.03, 0.02, needed), seeds(0.0001), 0.005)) == "helps"
    )
    assert (
        statistics.verdict(statistics.probabilities(with_moments(0.03, 0.02, needed - 1), seeds(0.0001), 0.005))
        == "not settled"
    )


def test_each_arm_may_have_rows_of_its_own() -> None:
    arm = with_moments(0.03, 0.02, 5)
    assert statistics.repeats_needed([arm, arm], [seeds(0.0), seeds(1.0)], rope=0.005)[1] is None


@pytest.mark.parametrize("rows", [1e-12, 0.0001])
def test_power_with_an_official_test_is_what_a_simulation_finds(rows: float) -> None:
    sd, n, rope = 0.02, 5, 0.005
    generator = np.random.default_rng(7)
    effects = [0.0, 0.02, 0.04, 0.06]
    found = []
    for effect in effects:
        shift = generator.normal(0, math.sqrt(rows), (20_000, 1))
        seen = effect + shift + generator.normal(0, sd, (20_000, n))
        scale = np.sqrt(seen.var(axis=1, ddof=1) / n + rows)
        found.append(np.mean((seen.mean(axis=1) - rope) / scale > 2.776445))
    expected = statistics.power_curve(effects, sd, seeds(rows), n, rope=rope)
    assert np.abs(np.array(expected) - found).max() < 0.01
    detectable = statistics.detectable_effect(sd, seeds(rows), n, rope=rope)
    assert statistics.power_curve([detectable], sd, seeds(rows), n, rope=rope) == [pytest.approx(0.8)]


def test_without_a_variance_of_rows_power_is_that_of_the_noncentral_t() -> None:
    effects = [0.0, 0.01, 0.03]
    exact = statistics.power_curve(effects, 0.02, seeds(0.0), 5)
    assert statistics.power_curve(effects, 0.02, seeds(1e-15), 5) == pytest.approx(exact, abs=1e-3)
    assert statistics.detectable_effect(0.02, seeds(1e-15), 5) == pytest.approx(
        statistics.detectable_effect(0.02, seeds(0.0), 5), rel=1e-3
    )


def test_equal_seeds_and_uncertain_rows_have_power_too() -> None:
    assert statistics.power_curve([1.0], 0.0, seeds(0.01), 5) == [pytest.approx(1.0)]


def test_false_alarms_over_windows_and_seeds_are_bounded() -> None:
    generator = np.random.default_rng(3)
    design = windows([(10, 10 * (fold + 1)) for fold in range(5)])
    # two models that are equally good in the population: the shift of a study is what its rows do to every fold
    shared = generator.normal(0, math.sqrt(design.ratio), (4_000, 1)) + generator.standard_normal((4_000, 5))
    assert np.mean([statistics.t_test(row, design).p < 0.05 for row in shared]) < 0.06
    rows = generator.normal(0, 1, (4_000, 1)) + generator.standard_normal((4_000, 5))
    assert np.mean([statistics.t_test(row, seeds(1.0)).p < 0.05 for row in rows]) < 0.06
    assert np.mean([statistics.t_test(row, seeds(0.0)).p < 0.05 for row in rows]) > 0.2  # rows do count


def test_the_gap_closed_with_rows_is_what_many_samples_say() -> None:
    generator = np.random.default_rng(5)
    sampled = np.array([0.02, 0.04]) + generator.normal(0, 0.004, (2_000, 2)) + generator.normal(0, 0.01, (2_000, 1))
    gains, gaps = [0.021, 0.019, 0.02, 0.022, 0.018], [0.04, 0.041, 0.039, 0.04, 0.04]
    low, high, note = statistics.gap_interval(gains, gaps, seeds(0.0), rows=sampled)
    without = statistics.gap_interval(gains, gaps, seeds(0.0))
    assert note is None
    assert low is not None
    assert high is not None
    assert without.low is not None
    assert without.high is not None
    assert low < without.low < 0.5 < without.high < high
    wide = sampled + generator.normal(0, 0.05, (2_000, 2))
    assert statistics.gap_interval(gains, gaps, seeds(0.0), rows=wide).note is not None


def test_what_is_no_design_is_refused() -> None:
    with pytest.raises(StudyError, match="folds must be at least 2, got 1"):
        k_fold(1)
    with pytest.raises(StudyError, match="folds must be at least 2, got 1"):
        windows([(5, 5)])
    with pytest.raises(DataError, match="a single difference has no spread to judge by; test with at least 2 seeds"):
        statistics.posterior([0.02], seeds(0.01))
    with pytest.raises(StudyError, match="an official test set needs at least 2 repeats"):
        statistics.power_curve([0.01], 0.01, seeds(0.01), 1)
    with pytest.raises(DataError, match=r"a multiple of folds \(5\), got 7"):
        statistics.interval([*DIFFERENCES, 0.0, 0.0], Design(5, 0.5, redrawn=False))
