"""Samples of an official test set's rows: drawn jointly, by groups, the same for the same key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from overproof.errors import DataError
from overproof.randomness import key
from overproof.statistics import RESAMPLES, paired_samples, row_variance, sampled_means, sampled_scores, samples

A_KEY = key(0, "official rows")


def test_there_are_at_least_two_thousand_samples() -> None:
    assert RESAMPLES >= 2_000
    assert len(list(samples(range(5), A_KEY))) == RESAMPLES


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 2**60))
def test_rows_of_a_group_are_drawn_together(groups: list[int], a_key: int) -> None:
    for times in samples(groups, a_key, count=5):
        for group in set(groups):
            assert len(set(times[np.array(groups) == group].tolist())) == 1
        firsts = [groups.index(group) for group in sorted(set(groups))]
        assert times[firsts].sum() == len(firsts)


def test_the_key_decides() -> None:
    scores = np.random.default_rng(0).random((3, 40))
    assert np.array_equal(sampled_means(scores, range(40), 7), sampled_means(scores, range(40), 7))
    assert not np.array_equal(sampled_means(scores, range(40), 7), sampled_means(scores, range(40), 8))


def test_a_mean_over_rows_is_scored_like_any_other_metric() -> None:
    scores = np.random.default_rng(1).random((3, 40))
    groups = np.arange(40) // 2

    def mean(rows: NDArray[np.int64]) -> float:
        return float(np.mean([own[rows].mean() for own in scores]))

    assert sampled_scores(mean, groups, A_KEY, 50) == pytest.approx(sampled_means(scores, groups, A_KEY, 50))


def test_the_variance_is_that_of_a_mean_of_rows_and_arms_are_resampled_jointly() -> None:
    random = np.random.default_rng(2)
    common, gain = random.normal(0, 5, 300), random.normal(0.1, 1, 300)
    first, second = (sampled_means((common + own)[None], range(300), A_KEY) for own in (gain, np.zeros(300)))
    assert row_variance(first, second) == pytest.approx(gain.var() / 300, rel=0.1)  # what is common cancels
    assert row_variance(first, first) == 0


def test_groups_that_agree_within_count_as_fewer_rows() -> None:
    random = np.random.default_rng(3)
    gain = np.repeat(random.normal(0, 1, 50), 6)[None]
    nothing = np.zeros(RESAMPLES)
    alone = row_variance(sampled_means(gain, range(300), A_KEY), nothing)
    together = row_variance(sampled_means(gain, np.arange(300) // 6, A_KEY), nothing)
    assert together == pytest.approx(6 * alone, rel=0.15)


def test_samples_without_a_score_are_left_out_of_every_arm() -> None:
    first, second = np.array([1.0, np.nan, 3.0, 4.0]), np.array([1.0, 2.0, 2.0, np.nan])
    assert paired_samples(first, second).tolist() == [[1, 3], [1, 2]]

    def sometimes(rows: NDArray[np.int64]) -> float:
        if len(set(rows.tolist())) < 2:
            raise DataError("a single row")
        return float(len(set(rows.tolist())))

    found = sampled_scores(sometimes, range(3), A_KEY, 200)
    assert np.isnan(found).any()
    assert np.nanmin(found) == 2


def test_a_metric_that_most_samples_do_not_have_is_refused() -> None:
    with pytest.raises(DataError, match=r"the metric has no value on 2 of 3 samples .*choose another protocol.metric"):
        row_variance([np.nan, 1.0, np.nan], [0.0, 0.0, 0.0])
    with pytest.raises(DataError, match="expected finite numbers for each seed and row"):
        sampled_means([[np.nan]], [0], A_KEY)
