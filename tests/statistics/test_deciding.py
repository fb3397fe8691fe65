"""The rule of four answers: its borders, Holm's correction, and its false alarms by simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from overproof import statistics
from overproof.errors import StudyError
from overproof.statistics import Probabilities
from tests.statistics.samples import correlated


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
    assert statistics.verdict(Probabilities(0.0, 0.979, 0.021), threshold=0.99) == "not settled"
    assert statistics.verdict(Probabilities(0.0, 0.981, 0.019), threshold=0.99) == "makes no practical difference"


def test_a_threshold_that_means_nothing_is_refused() -> None:
    for threshold in (0.4, 1.0, 97.5):
        with pytest.raises(StudyError, match=r"threshold must be at least 0.5 and less than 1"):
            statistics.verdict(Probabilities(0.3, 0.4, 0.3), threshold)


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


def test_false_alarms_stay_at_five_per_cent_where_the_plain_test_gives_fourteen() -> None:
    samples = 0.01 * correlated(20_000, 5, rho=1 / 5)

    def alarms(rope: float) -> float:
        verdicts = (statistics.verdict(statistics.probabilities(d, 5, rope)) for d in samples)
        return float(np.mean([verdict in ("helps", "hurts") for verdict in verdicts]))

    # exactly 5 % without a rope; four standard errors of 20,000 draws are 0.6 %
    assert alarms(rope=0.0) == pytest.approx(0.05, abs=0.006)
    assert alarms(rope=0.002) < 0.05
    assert np.mean(stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05) > 0.1


def test_who_looks_four_times_needs_the_higher_threshold() -> None:
    samples = 0.01 * correlated(4_000, 5 * max(statistics.LOOKS), rho=1 / 5)

    def alarms(threshold: float) -> float:
        """Share of studies that see an effect at some look where there is none."""
        return float(np.mean([any(seen(d[: 5 * looks], threshold) for looks in statistics.LOOKS) for d in samples]))

    def seen(differences: Any, threshold: float) -> bool:
        found = statistics.probabilities(differences, folds=5, rope=0.0)
        return statistics.verdict(found, threshold) in ("helps", "hurts")

    assert alarms(statistics.LOOKING_THRESHOLD) < 0.05
    assert alarms(statistics.THRESHOLD) > 0.07
