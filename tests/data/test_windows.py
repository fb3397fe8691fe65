from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.windows import blocks


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=60), st.integers(2, 6))
def test_blocks_follow_time_and_never_cut_a_moment(moments: list[int], count: int) -> None:
    times = np.array(moments, dtype=np.float64)
    count = min(count, len(set(moments)))
    block_of = blocks(times, count)
    assert set(block_of.tolist()) == set(range(count))
    for block in range(count - 1):
        assert times[block_of <= block].max() < times[block_of > block].min()


@given(st.integers(2, 200), st.integers(2, 8), st.integers(0, 99))
def test_without_ties_blocks_are_of_equal_size_whatever_the_order(rows: int, count: int, seed: int) -> None:
    count = min(count, rows)
    times = np.random.default_rng(seed).permutation(rows).astype(np.float64)
    assert np.ptp(np.bincount(blocks(times, count))) <= 1
    order = np.random.default_rng(seed + 1).permutation(rows)
    assert np.array_equal(blocks(times[order], count), blocks(times, count)[order])


@given(st.lists(st.integers(1, 9), min_size=3, max_size=20), st.integers(2, 3))
def test_ties_move_a_border_by_no_more_than_a_moment(sizes: list[int], count: int) -> None:
    times = np.repeat(np.arange(len(sizes), dtype=np.float64), sizes)
    ends = np.cumsum(np.bincount(blocks(times, count)))[:-1]
    ideal = np.arange(1, count) * len(times) / count
    assert (np.abs(ends - ideal) <= max(sizes) * count).all()
