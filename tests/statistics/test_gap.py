"""Gap closed: by hand, against the test it inverts and a bootstrap, and its coverage by simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from overproof import statistics
from overproof.errors import DataError, StudyError
from tests.statistics.samples import correlated

PAIRS = st.lists(st.tuples(st.integers(-30, 60), st.integers(-20, 90)), min_size=5, max_size=5).map(
    lambda pairs: np.array(pairs, dtype=np.float64).T / 500
)


def test_gap_closed_is_the_share_of_the_way_to_the_teacher() -> None:
    assert statistics.gap_closed(student=0.90, simple=0.88, teacher=0.92) == pytest.approx(0.5)
    assert statistics.gap_closed(student=0.94, simple=0.88, teacher=0.92) == pytest.approx(1.5)
    assert statistics.gap_closed(student=0.87, simple=0.88, teacher=0.92) == pytest.approx(-0.25)
    assert statistics.gap_closed(student=-0.30, simple=-0.40, teacher=-0.20) == pytest.approx(0.5)  # a negated loss
    assert statistics.gap_closed(student=0.90, simple=0.88, teacher=0.88) is None
    assert statistics.gap_closed(student=0.90, simple=0.88, teacher=0.80) is None


@given(PAIRS)
def test_the_ends_are_the_shares_that_the_corrected_t_test_just_rejects(pairs: NDArray[np.float64]) -> None:
    gains, gaps = pairs
    assume(np.ptp(gains) > 0)
    low, high, note = statistics.gap_interval(gains, gaps, folds=5)
    if low is None or high is None:
        assert note
        return
    assume(high - low > 1e-6)
    assert low <= np.mean(gains) / np.mean(gaps) <= high
    for share in (low, high):
        assert statistics.t_test(gains - share * gaps, folds=5).p == pytest.approx(0.05, abs=1e-6)
    inside, outside = 0.99 * low + 0.01 * high, 1.01 * low - 0.01 * high
    assert statistics.t_test(gains - inside * gaps, folds=5).p > 0.05
    assert statistics.t_test(gains - outside * gaps, folds=5).p < 0.05


@given(PAIRS)
def test_it_has_ends_exactly_when_the_gap_itself_is_there(pairs: NDArray[np.float64]) -> None:
    gains, gaps = pairs
    p = statistics.t_test(gaps, folds=5).p
    assume(abs(p - 0.05) > 1e-9)
    low, high, note = statistics.gap_interval(gains, gaps, folds=5)
    bounded = p < 0.05 and np.mean(gaps) > 0
    assert (low is not None) == (high is not None) == (note is None) == bounded
    if note is not None:
        none = np.mean(gaps) < 1e-12
        assert note.startswith("the teacher is not better" if none else "the teacher's lead over simple is not clear")


def test_a_gap_without_spread_divides_the_interval_of_the_gains() -> None:
    gains = [0.02, 0.01, 0.03, 0.02, 0.02]
    low, high = statistics.interval(gains, folds=5)
    found = statistics.gap_interval(gains, [0.04] * 5, folds=5)
    assert found[:2] == pytest.approx((low / 0.04, high / 0.04))
    assert found.note is None


def test_by_hand_with_two_splits() -> None:
    # means 2 and 40, variances 2 and 8, covariance 4; 1/n + 1/(folds − 1) = 1.5 and t(0.75; 1) = 1, so q = 1.5:
    # (1600 − 12) R² − 2 (80 − 6) R + (4 − 3) = 0 gives R = (74 ± √(74² − 1588)) / 1588
    low, high, note = statistics.gap_interval([1.0, 3.0], [38.0, 42.0], folds=2, confidence=0.5)
    root = math.sqrt(74**2 - 1588)
    assert (low, high) == pytest.approx(((74 - root) / 1588, (74 + root) / 1588))
    assert note is None


def test_a_share_that_is_the_same_in_every_split_is_a_point() -> None:
    gaps = np.array([0.04, 0.05, 0.06, 0.05, 0.05])
    assert statistics.gap_interval(gaps / 2, gaps, folds=5)[:2] == pytest.approx((0.5, 0.5))
    assert statistics.gap_interval([0.02] * 5, [0.04] * 5, folds=5) == (0.5, 0.5, None)


@given(PAIRS, st.sampled_from([0.25, 8.0]))
def test_the_unit_does_not_matter(pairs: NDArray[np.float64], scale: float) -> None:
    gains, gaps = pairs
    assume(abs(statistics.t_test(gaps, folds=5).p - 0.05) > 1e-6)
    *ends, note = statistics.gap_interval(gains, gaps, folds=5)
    *scaled, same_note = statistics.gap_interval(gains * scale, gaps * scale, folds=5)
    assert same_note == note
    if note is None:
        assert scaled == pytest.approx(ends, rel=1e-6, abs=1e-9)
    else:
        assert scaled == ends == [None, None]


def pairs_with(share: float, noise: float, draws: int, n: int, rho: float) -> tuple[Any, Any]:
    """Gains that are on average this share of gaps of mean 1; a part of their variation is common to both."""
    common, own, other = (correlated(draws, n, rho, seed) for seed in (1, 2, 3))
    return share + noise * (common + own), 1 + noise * (common + other)


def test_it_holds_the_true_share_as_often_as_it_says() -> None:
    gains, gaps = pairs_with(share=0.4, noise=0.1, draws=5_000, n=5, rho=1 / 5)
    found = [statistics.gap_interval(a, b, folds=5) for a, b in zip(gains, gaps, strict=True)]
    ends = np.array([(low, high) for low, high, _ in found if low is not None])
    assert len(ends) > 0.99 * len(found)
    held = np.mean((ends[:, 0] <= 0.4) & (ends[:, 1] >= 0.4))
    assert held == pytest.approx(0.95, abs=0.012)  # four standard errors of 5,000 draws


def test_it_agrees_with_a_bootstrap_of_the_same_variance() -> None:
    # one repeat of many folds: resampling n/2 of n splits gives means the variance 2/n ≈ 1/n + 1/(n − 1)
    n = 400
    [gains], [gaps] = pairs_with(share=0.4, noise=0.3, draws=1, n=n, rho=0.0)
    drawn = np.random.default_rng(0).integers(n, size=(20_000, n // 2))
    low, high = np.quantile(gains[drawn].mean(axis=1) / gaps[drawn].mean(axis=1), [0.025, 0.975])
    found = statistics.gap_interval(gains, gaps, folds=n)
    assert found[:2] == pytest.approx((low, high), abs=0.03 * (high - low))


def test_gaps_that_do_not_belong_to_the_gains_are_refused() -> None:
    with pytest.raises(DataError, match="gains and gaps of the same splits, got 5 and 10"):
        statistics.gap_interval([0.1] * 5, [0.2] * 10, folds=5)
    with pytest.raises(DataError, match="got nan at split 1"):
        statistics.gap_interval([0.1] * 5, [0.2, math.nan, 0.2, 0.2, 0.2], folds=5)
    with pytest.raises(StudyError, match="confidence must lie between 0 and 1"):
        statistics.gap_interval([0.1] * 5, [0.2] * 5, folds=5, confidence=95)
