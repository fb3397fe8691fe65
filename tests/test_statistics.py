"""Paired statistics against baycomp, scipy and reference values, by invariants, and by simulation."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import baycomp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from overproof import statistics
from overproof.errors import DataError, StudyError
from overproof.statistics import Probabilities

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


def reference(shared_data: Path, kind: str) -> list[dict[str, Any]]:
    file = shared_data.parent / "reference" / "reference_values.json"
    if not file.is_file():
        pytest.skip(f"no reference values at {file}, beside the folder of real data")
    entries = [entry for entry in json.loads(file.read_text())["statistics"] if entry["kind"] == kind]
    assert entries
    return entries


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
    for threshold in (0.4, 1.0, 97.5):
        with pytest.raises(StudyError, match=r"threshold must be at least 0.5 and less than 1"):
            statistics.verdict(Probabilities(0.3, 0.4, 0.3), threshold)
    with pytest.raises(StudyError, match="confidence must lie between 0 and 1"):
        statistics.interval([0.1, 0.2], 2, confidence=95)
    with pytest.raises(StudyError, match="folds must be at least 2"):
        statistics.smallest_effect(0.01, folds=1)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Probabilities(0.976, 0.024, 0.0), "helps"),
        (Probabilities(0.975, 0.025, 0.0), "not settled"),  # exceed, not reach
        (Probabilities(0.0, 0.024, 0.976), "hurts"),
        (Probabilities(0.0, 0.025, 0.975), "not settled"),
        (Probabilities(0.03, 0.951, 0.019), "makes no practical difference"),
        (Probabilities(0.03, 0.95, 0.02), "not settled"),
        (Probabilities(0.96, 0.04, 0.0), "not settled"),
    ],
)
def test_the_rule_has_four_answers(found: Probabilities, expected: str) -> None:
    assert statistics.verdict(found) == expected


def test_the_threshold_of_helps_and_hurts_can_be_raised() -> None:
    assert statistics.verdict(Probabilities(0.98, 0.02, 0.0), threshold=0.99) == "not settled"
    assert statistics.verdict(Probabilities(0.0, 0.02, 0.98), threshold=0.99) == "not settled"
    assert statistics.verdict(Probabilities(0.02, 0.96, 0.02), threshold=0.99) == "makes no practical difference"


def test_holm_stops_at_the_first_that_is_not_small_enough() -> None:
    # .05/4 = .0125, .05/3 = .0167, .05/2 = .025: the third misses, so the fourth is not looked at (.05/1)
    assert statistics.holm([0.005, 0.04, 0.03, 0.01], level=0.05) == [True, False, False, True]
    assert statistics.holm([0.04], level=0.05) == [True]
    assert statistics.holm([0.05], level=0.05) == [False]
    assert statistics.holm([], level=0.05) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0.01, 0.2))
def test_holm_lies_between_bonferroni_and_no_correction(p: list[float], level: float) -> None:
    for value, rejected in zip(p, statistics.holm(p, level), strict=True):
        assert rejected or value >= level / len(p)
        assert not rejected or value < level


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_holm_does_not_depend_on_the_order_of_arms(p: list[float], random: Any) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    rejected = statistics.holm(p, 0.1)
    assert statistics.holm([p[i] for i in order], 0.1) == [rejected[i] for i in order]


@given(st.floats(0, 1), st.sampled_from([0.5, 0.95, 0.975, 0.99]))
def test_a_single_arm_is_not_corrected(helps: float, threshold: float) -> None:
    found = Probabilities(helps, 1 - helps, 0.0)
    assert statistics.verdicts([found], threshold) == [statistics.verdict(found, threshold)]
    edge = Probabilities(math.nextafter(threshold, 1), 1 - threshold, 0.0)
    assert statistics.verdicts([edge], threshold) == ["helps"]


def test_an_arm_among_several_has_to_survive_holm() -> None:
    good, fair, bad = Probabilities(0.995, 0.005, 0.0), Probabilities(0.98, 0.02, 0.0), Probabilities(0.0, 0.01, 0.99)
    assert statistics.verdicts([fair]) == ["helps"]
    assert statistics.verdicts([fair, bad]) == ["not settled", "hurts"]  # 0.02 is not below 0.025 / 2
    assert statistics.verdicts([fair, good]) == ["helps", "helps"]  # 0.005 < 0.025 / 2, then 0.02 < 0.025


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


def test_gap_closed_is_the_share_of_the_way_to_the_teacher() -> None:
    assert statistics.gap_closed(student=0.90, simple=0.88, teacher=0.92) == pytest.approx(0.5)
    assert statistics.gap_closed(student=0.94, simple=0.88, teacher=0.92) == pytest.approx(1.5)
    assert statistics.gap_closed(student=0.87, simple=0.88, teacher=0.92) == pytest.approx(-0.25)
    assert statistics.gap_closed(student=-0.30, simple=-0.40, teacher=-0.20) == pytest.approx(0.5)  # a negated loss
    assert statistics.gap_closed(student=0.90, simple=0.88, teacher=0.88) is None
    assert statistics.gap_closed(student=0.90, simple=0.88, teacher=0.80) is None


def test_spread_of_one_value_has_no_sd() -> None:
    assert statistics.spread([0.5]).model_dump() == {"mean": 0.5, "sd": None, "values": [0.5]}
    assert statistics.spread([0.1, 0.2, 0.6]).sd == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1))


def null_differences(cross_validations: int, folds: int) -> NDArray[np.float64]:
    """No true difference; within one cross-validation any two splits correlate by 1/folds, as the method supposes."""
    generator = np.random.default_rng(20240229)
    shared = generator.standard_normal((cross_validations, 1)) * math.sqrt(1 / folds)
    own = generator.standard_normal((cross_validations, folds)) * math.sqrt(1 - 1 / folds)
    return np.asarray(0.01 * (shared + own))


def test_false_alarms_stay_at_five_per_cent_where_the_plain_test_gives_fourteen() -> None:
    samples = null_differences(20_000, folds=5)

    def alarms(rope: float) -> float:
        verdicts = (statistics.verdict(statistics.probabilities(d, 5, rope)) for d in samples)
        return float(np.mean([verdict in ("helps", "hurts") for verdict in verdicts]))

    # exactly 5 % without a rope; four standard errors of 20,000 draws are 0.6 %
    assert alarms(rope=0.0) == pytest.approx(0.05, abs=0.006)
    assert alarms(rope=0.002) < 0.05
    assert np.mean(stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05) > 0.1


def test_the_module_loads_neither_torch_nor_scikit_learn() -> None:
    code = "import sys, overproof.statistics; print(sorted({'torch', 'sklearn', 'scipy.stats'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
