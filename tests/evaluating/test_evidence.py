"""What stands beside a verdict comes from the statistics, with the study's seed, rope and threshold."""

from __future__ import annotations

import numpy as np
import pytest

from overproof import statistics
from overproof.evaluating import evidence
from overproof.evaluating.rows import RowScores
from overproof.randomness import key

DIFFERENCES = statistics.spread([0.02, 0.01, 0.03, 0.02, 0.02] * 2)


def scored(right: list[int], scores: list[float] | None) -> RowScores:
    return RowScores(np.array(right, dtype=bool), None if scores is None else np.array(scores))


def test_rows_that_nobody_scored_say_nothing() -> None:
    rows = scored([1, 0], [1.0, 0.0])
    for student, simple in ((None, rows), (rows, None), (None, None)):
        assert evidence.of_rows(student, simple, "accuracy", seed=0) == (None, None, None)


@pytest.mark.parametrize(("metric", "sign"), [("accuracy", 1), ("log_loss", -1), ("brier", -1)])
def test_rows_speak_for_the_student_where_its_scores_are_better(metric: str, sign: int) -> None:
    right, wrong = ([1] * 9 + [0], [0] * 9 + [0])
    gains = np.linspace(-0.1, 0.9, 10)[::-1]
    student, simple = scored(right, list(sign * gains)), scored(wrong, [0.0] * 10)
    p, low, high = evidence.of_rows(student, simple, metric, seed=3)
    assert p == statistics.mcnemar([True] * 9 + [False], [False] * 10) < 0.01
    assert (low, high) == statistics.bootstrap_interval(gains, key(3, "bootstrap"))
    assert (low, high) != statistics.bootstrap_interval(gains, key(0, "bootstrap"))
    assert low is not None
    assert low > 0


def test_a_metric_that_is_no_mean_over_rows_has_no_bootstrap() -> None:
    found = evidence.of_rows(scored([1, 0, 1], None), scored([0, 0, 1], None), "ece", seed=0)
    assert found == (1.0, None, None)


def test_rows_that_are_neither_right_nor_wrong_have_no_mcnemar() -> None:
    student, simple = (RowScores(None, np.array(scores)) for scores in ([0.0] * 9 + [1.0], [1.0] * 10))
    p, low, high = evidence.of_rows(student, simple, "rmse", seed=0)
    assert p is None
    assert (low, high) == statistics.bootstrap_interval([1.0] * 9 + [0.0], key(0, "bootstrap"))


@pytest.mark.parametrize("threshold", [0.975, 0.99])
def test_the_power_curve_crosses_its_own_marks(threshold: float) -> None:
    found = evidence.power(DIFFERENCES, statistics.k_fold(5), rope=0.005, threshold=threshold)
    assert found is not None
    assert found.effects[0] == 0 < found.floor < found.detectable < found.effects[-1]
    assert len(found.effects) == len(found.probabilities) == evidence.POINTS
    assert np.interp(found.detectable, found.effects, found.probabilities) == pytest.approx(0.8)
    assert found.probabilities == sorted(found.probabilities)
    assert found.probabilities[0] < 1 - threshold
    assert found.probabilities[-1] > 0.95
    assert DIFFERENCES.sd is not None
    assert found.floor == statistics.smallest_effect(DIFFERENCES.sd, 5, 0.005, threshold=threshold)
    assert found.detectable == statistics.detectable_effect(DIFFERENCES.sd, 5, 2, rope=0.005, threshold=threshold)


def test_equal_differences_say_nothing_about_other_effects() -> None:
    assert evidence.power(statistics.spread([0.02] * 5), statistics.k_fold(5), rope=0.005, threshold=0.975) is None


def test_equal_seeds_leave_the_rows_of_an_official_test_to_speak() -> None:
    found = evidence.power(statistics.spread([0.02] * 5), statistics.seeds(0.0001), rope=0.005, threshold=0.975)
    assert found is not None
    assert found.floor == pytest.approx(0.005 + 1.96 * 0.01, rel=1e-3)
    assert found.floor < found.detectable


def test_power_over_windows_rests_on_the_spread_of_folds_not_of_seeds() -> None:
    design = statistics.windows([(10, 10), (10, 20), (10, 30)])
    folds, seed = np.array([0.02, 0.01, 0.03]), np.array([0.05, 0.05, 0.05])
    found = evidence.power(
        statistics.spread(np.concatenate((folds + seed, folds - seed))), design, rope=0.0, threshold=0.975
    )
    assert found is not None
    assert found.detectable == pytest.approx(statistics.detectable_effect(0.01, design, 2))
