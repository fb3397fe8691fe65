"""What could be found: against scipy's noncentral t, by simulation, and by the verdict itself."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from overproof import statistics
from overproof.errors import StudyError
from tests.statistics.samples import ROPES, correlated, cross_validations, with_moments


@given(cross_validations(), ROPES, st.sampled_from([0.975, 0.99]))
def test_repeats_needed_settle_it_and_one_fewer_do_not(
    found: tuple[list[float], int], rope: float, threshold: float
) -> None:
    d, folds = found
    assume(np.ptp(d) > 0)
    mean, sd = float(np.mean(d)), float(np.std(d, ddof=1))
    assume(min(abs(mean), abs(abs(mean) - rope)) > 1e-9)

    def verdict(repeats: int) -> str:
        return statistics.verdict(
            statistics.probabilities(with_moments(mean, sd, repeats * folds), folds, rope), threshold
        )

    [needed] = statistics.repeats_needed([d], folds, rope, threshold)
    if needed is None:
        assert verdict(statistics.MOST_REPEATS) == "not settled"
    else:
        assert verdict(needed) != "not settled"
        assert needed == 1 or verdict(needed - 1) == "not settled"


@given(st.floats(-3, 3), st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.integers(2, 10))
def test_once_settled_more_repeats_keep_it_settled(mean: float, rope: float, folds: int) -> None:
    """What makes the bisection exact; worked out with scipy's own distribution."""
    n = folds * np.array([1, 2, 3, 5, 8, 20, 100, 1000])
    scale = np.sqrt(1 / n + 1 / (folds - 1))
    helps, hurts = stats.t.sf(rope, n - 1, mean, scale), stats.t.cdf(-rope, n - 1, mean, scale)
    settled = (helps > 0.975) | (hurts > 0.975) | (1 - helps - hurts > 0.95)
    assert all(later >= earlier for earlier, later in pairwise(settled))


def test_repeats_can_settle_each_of_the_three_answers() -> None:
    arms = [with_moments(mean, 0.01, 5) for mean in (0.017, -0.017, 0.0, 0.009)]
    [helps, hurts, same, never] = (statistics.repeats_needed([arm], 5, rope=0.005)[0] for arm in arms)
    assert helps == hurts == 4  # (0.017 − 0.005) / 0.01 = 1.2: 3 × 5 splits ask 1.207, 4 × 5 ask 1.146
    assert same is None  # a rope of half an sd: even in the limit it takes z(0.975) / √4 = 0.98 sd
    assert statistics.repeats_needed([arms[2]], 5, rope=0.011) == [6]  # 1.1 sd: 5 × 5 ask 1.111, 6 × 5 ask 1.089
    assert never is None


def test_beyond_the_limit_no_number_of_repeats_is_given() -> None:
    limit = statistics.smallest_effect(sd=0.01, folds=5, rope=0.005)

    def needed(effect: float) -> int | None:
        return statistics.repeats_needed([with_moments(effect, 0.01, 5)], 5, rope=0.005)[0]

    assert needed(limit * 1.01) == 43
    assert needed(limit * 1.00043) == 989
    assert needed(limit * 1.0004) is None  # more than 1,000
    assert needed(limit * 0.9999) is None


def test_an_arm_that_holm_blocks_needs_the_repeats_that_holm_asks_for() -> None:
    arms = [with_moments(mean, 0.01, 10) for mean in (0.021, 0.022, -0.03)]
    alone = [statistics.repeats_needed([arm], 5, rope=0.005)[0] for arm in arms]
    together = statistics.repeats_needed(arms, 5, rope=0.005)

    def verdicts(repeats: int) -> list[str]:
        grown = [with_moments(mean, 0.01, 5 * repeats) for mean in (0.021, 0.022, -0.03)]
        return list(statistics.verdicts([statistics.probabilities(d, 5, 0.005) for d in grown]))

    assert together[2] == alone[2]  # hurts is not corrected
    for arm in (0, 1):
        needed, by_itself = together[arm], alone[arm]
        assert needed is not None
        assert by_itself is not None
        assert needed > by_itself
        assert verdicts(needed)[arm] == "helps"
        assert verdicts(needed - 1)[arm] == "not settled"


def test_smallest_effect_is_where_the_verdict_turns() -> None:
    for repeats in (1, 2, 10):
        edge = statistics.smallest_effect(sd=0.01, folds=5, rope=0.005, repeats=repeats)
        for mean, expected in ((edge + 1e-9, "helps"), (edge - 1e-9, "not settled"), (-edge - 1e-9, "hurts")):
            d = with_moments(mean, 0.01, 5 * repeats)
            assert statistics.verdict(statistics.probabilities(d, 5, 0.005)) == expected


def test_smallest_effect_falls_with_repeats_to_its_limit() -> None:
    by_repeats = [statistics.smallest_effect(0.01, 5, repeats=r) for r in (1, 2, 5, 10, 1_000, 1_000_000)]
    assert by_repeats == sorted(by_repeats, reverse=True)
    limit = statistics.smallest_effect(0.01, 5)
    assert limit == pytest.approx(1.959964 * 0.01 / 2)
    assert by_repeats[-1] == pytest.approx(limit, rel=1e-5)
    assert by_repeats[-1] > limit


@pytest.mark.parametrize("threshold", [statistics.THRESHOLD, statistics.LOOKING_THRESHOLD])
@pytest.mark.parametrize(("folds", "repeats"), [(2, 1), (5, 1), (5, 10), (10, 10), (5, 1_000)])
def test_power_is_that_of_the_noncentral_t(folds: int, repeats: int, threshold: float) -> None:
    n, sd, rope = folds * repeats, 0.01, 0.004
    effects = np.linspace(-0.03, 0.06, 19)
    scale = sd * math.sqrt(1 / n + 1 / (folds - 1))
    expected = stats.nct.sf(stats.t.ppf(threshold, n - 1), n - 1, (effects - rope) / scale)
    found = statistics.power_curve(effects, sd, folds, repeats, rope=rope, threshold=threshold)
    assert found == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("folds", "repeats", "rho", "effect"),
    [(5, 1, None, 0.02), (5, 1, 0.0, 0.02), (5, 4, 0.5, 0.02), (3, 2, 0.1, 0.015), (10, 2, None, 0.01)],
)
def test_power_is_what_simulated_studies_find(folds: int, repeats: int, rho: float | None, effect: float) -> None:
    sd, rope, n = 0.01, 0.003, folds * repeats
    true_rho = 1 / folds if rho is None else rho
    differences = effect + sd / math.sqrt(1 - true_rho) * correlated(10_000, n, true_rho)
    verdicts = (statistics.verdict(statistics.probabilities(d, folds, rope)) for d in differences)
    found = np.mean([verdict == "helps" for verdict in verdicts])
    [expected] = statistics.power_curve([effect], sd, folds, repeats, rope=rope, rho=rho)
    assert 0.1 < expected < 0.95
    assert found == pytest.approx(expected, abs=0.02)


@given(st.integers(2, 10), st.integers(1, 20), st.sampled_from([0.0, 0.01]), st.sampled_from([0.975, 0.99]))
def test_power_starts_at_the_false_alarms_and_grows_with_the_effect(
    folds: int, repeats: int, rope: float, threshold: float
) -> None:
    effects = rope + np.linspace(0, 0.1, 40)
    found = statistics.power_curve(effects, 0.01, folds, repeats, rope=rope, threshold=threshold)
    assert found[0] == pytest.approx(1 - threshold)
    assert all(more >= less for less, more in pairwise(found))
    assert all(0 <= each <= 1 for each in found)


@given(
    st.integers(2, 10),
    st.integers(1, 20),
    st.sampled_from([0.0, 0.005]),
    st.sampled_from([1e-6, 0.01, 3.0]),
    st.sampled_from([None, 0.0, 0.3, 0.9]),
)
def test_the_detectable_effect_is_found_four_times_in_five(
    folds: int, repeats: int, rope: float, sd: float, rho: float | None
) -> None:
    effect = statistics.detectable_effect(sd, folds, repeats, rope=rope, rho=rho)
    assert statistics.power_curve([effect], sd, folds, repeats, rope=rope, rho=rho) == pytest.approx([0.8], abs=1e-5)


@pytest.mark.parametrize(("folds", "repeats", "large"), [(2, 1, 300), (5, 1, 25), (5, 10, 25)])
def test_effects_far_from_the_rope_are_certain_to_be_found_or_missed(folds: int, repeats: int, large: float) -> None:
    effects = np.concatenate([-np.geomspace(20, 1e6, 500), np.geomspace(large, 1e6, 500)])
    for rho in (None, 0.0):
        found = statistics.power_curve(effects, 1.0, folds, repeats, rho=rho)
        assert found == pytest.approx([0.0] * 500 + [1.0] * 500, abs=1e-9)


def test_more_repeats_find_smaller_effects_but_none_is_found_for_certain_below_the_floor() -> None:
    detectable = [statistics.detectable_effect(0.01, 5, repeats) for repeats in (1, 2, 5, 10, 100, 1_000)]
    assert detectable == sorted(detectable, reverse=True)
    floor = statistics.smallest_effect(0.01, 5)
    assert detectable[-1] > floor
    [at_floor] = statistics.power_curve([floor], 0.01, 5, repeats=1_000)
    assert at_floor == pytest.approx(0.5, abs=0.01)  # half of the means fall below their expectation


def test_more_correlation_than_supposed_gives_false_alarms_and_less_gives_fewer() -> None:
    [less, supposed, more] = (statistics.power_curve([0.0], 0.01, 5, 10, rho=rho)[0] for rho in (0.1, 0.2, 0.3))
    assert less < supposed < more
    assert supposed == pytest.approx(0.025)


def test_plans_that_mean_nothing_are_refused() -> None:
    with pytest.raises(StudyError, match="folds must be at least 2"):
        statistics.smallest_effect(0.01, folds=1)
    with pytest.raises(StudyError, match="repeats must be at least 1, got 0"):
        statistics.smallest_effect(0.01, folds=5, repeats=0)
    with pytest.raises(StudyError, match="repeats must be at least 1, got 0"):
        statistics.power_curve([0.1], 0.01, folds=5, repeats=0)
    with pytest.raises(StudyError, match="folds must be at least 2"):
        statistics.detectable_effect(0.01, folds=1, repeats=1)
    for sd in (0.0, -1.0, math.nan):
        with pytest.raises(StudyError, match="sd must be greater than 0"):
            statistics.detectable_effect(sd, folds=5, repeats=1)
    for rho in (-0.1, 1.0, math.nan):
        with pytest.raises(StudyError, match="rho must be at least 0 and less than 1"):
            statistics.power_curve([0.1], 0.01, folds=5, repeats=1, rho=rho)
