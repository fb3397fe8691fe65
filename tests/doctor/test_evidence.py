from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from overproof.doctor.evidence import ALPHA, SEEN, at_least, at_most_ahead, beyond_chance, is_better, matches_by_chance


def right_alone(wins: int, losses: int, both: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Rows that the one alone has right, that the other alone has right, and that both have."""
    one = np.repeat([True, False, True], [wins, losses, both])
    return one, np.repeat([False, True, True], [wins, losses, both])


def test_is_better_is_the_exact_sign_test() -> None:
    for wins, losses in ((0, 0), (0, 7), (7, 0), (9, 4), (4, 9), (200, 180)):
        exact = binomtest(wins, wins + losses, alternative="greater").pvalue if wins + losses else 1.0
        one, other = right_alone(wins, losses)
        for risk in (exact * 1.001, exact * 0.999, 0.4):
            assert is_better(one, other, risk) == (exact < risk and wins > losses)


def test_a_bound_of_how_far_ahead_is_about_as_seldom_too_low_as_it_says() -> None:
    generator = np.random.default_rng(2)
    for wins, losses in ((0.0, 0.0), (0.02, 0.02), (0.1, 0.05)):
        truth, low = wins - losses, 0
        for _ in range(1000):
            kind = generator.choice(3, 150, p=[wins, losses, 1 - wins - losses])
            low += at_most_ahead(kind != 1, kind != 0) < truth
        assert low <= 80  # it is an approximation


def test_at_least_is_the_exact_bound() -> None:
    for right, rows in ((0, 10), (10, 10), (95, 100), (500, 512), (0, 9)):
        interval = binomtest(right, rows).proportion_ci(confidence_level=0.98, method="exact")
        assert at_least(right, rows, 0.01) == pytest.approx(interval.low, abs=1e-12)


def test_independent_answers_are_beyond_chance_as_often_as_they_may_be() -> None:
    generator = np.random.default_rng(0)
    for shares in ([0.25] * 4, [0.9, 0.08, 0.02]):
        labels = generator.choice(len(shares), 300, p=shares)
        z = [beyond_chance(generator.choice(len(shares), 300, p=shares), labels) for _ in range(2000)]
        assert abs(float(np.mean(z))) < 0.1
        assert float(np.std(z)) == pytest.approx(1, abs=0.06)
        assert float(np.mean(np.array(z) > SEEN)) < 0.02


def test_few_matches_by_chance_raise_no_alarm_too_often() -> None:
    generator = np.random.default_rng(1)
    labels = np.arange(40) % 10  # four matches are expected
    p = [matches_by_chance(generator.integers(10, size=40), labels) for _ in range(4000)]
    assert float(np.mean(np.array(p) < ALPHA)) < 2.5 * ALPHA
    assert float(np.mean(np.array(p) < 0.05)) < 0.06


def test_who_always_says_the_commonest_class_knows_nothing() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    assert beyond_chance(np.zeros_like(labels), labels) == 0
    assert matches_by_chance(np.zeros_like(labels), labels) > 0.5
    assert matches_by_chance(np.full_like(labels, 2), labels) == 1
    assert beyond_chance(np.full_like(labels, 2), labels) == 0
    assert beyond_chance(labels, labels) == pytest.approx(10)
