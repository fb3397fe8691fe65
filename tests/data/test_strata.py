from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.strata import BINS, Strata, strata_of


@st.composite
def stratas(draw: st.DrawFn) -> Strata:
    labels = np.array(draw(st.lists(st.integers(0, 3), min_size=1, max_size=40)))
    groups = np.array(draw(st.lists(st.integers(0, len(labels) - 1), min_size=len(labels), max_size=len(labels))))
    ids = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 2**64, len(labels), dtype=np.uint64)
    return Strata(labels, ids, np.unique(groups, return_inverse=True)[1])


@given(stratas(), st.integers(0, 2**60))
def test_every_beginning_of_the_order_is_stratified(strata: Strata, a_key: int) -> None:
    rows = np.arange(len(strata.labels))
    order = strata.order(rows, a_key)
    assert np.array_equal(np.sort(order), rows)
    sizes = np.bincount(strata.labels)
    sizes = sizes[sizes > 0]
    for count in range(1, len(rows) + 1):
        taken = np.bincount(strata.labels[order[:count]], minlength=strata.labels.max() + 1)
        taken = taken[np.bincount(strata.labels) > 0]
        assert max((taken - 1) / sizes) <= min(taken / sizes)


@given(stratas(), st.integers(0, 2**60), st.integers(0, 40), st.integers(0, 40))
def test_a_division_keeps_groups_together_and_nests(strata: Strata, a_key: int, one: int, other: int) -> None:
    rows = np.arange(len(strata.labels))[::2]
    small, large = sorted((min(one, len(rows)), min(other, len(rows))))
    chosen, rest = strata.divide(rows, small, a_key)
    assert np.array_equal(np.sort(np.concatenate((chosen, rest))), rows)
    assert not set(strata.groups[chosen].tolist()) & set(strata.groups[rest].tolist())
    assert set(chosen.tolist()) <= set(strata.divide(rows, large, a_key)[0].tolist())
    classes = len(np.unique(strata.labels[rows]))
    if small >= classes:
        assert len(np.unique(strata.labels[chosen])) == classes


@given(stratas(), st.integers(0, 2**60), st.integers(1, 39))
def test_a_choice_by_groups_is_as_near_as_whole_groups_allow(strata: Strata, a_key: int, count: int) -> None:
    free = Strata(strata.labels, strata.ids, strata.groups, needed=False)
    rows = np.arange(len(free.labels))
    count = min(count, len(rows))
    sizes = np.bincount(free.groups)
    chosen, rest = free.divide(rows, count, a_key)
    assert len(chosen) > 0
    assert (len(rest) > 0) == (count < len(rows) and len(sizes) > 1) or len(chosen) == len(rows) == max(sizes)
    least, most = min(sizes.max(), len(rows)), len(rows) - sizes.max()
    if least <= count <= most:  # no border forces it away
        assert abs(len(chosen) - count) <= sizes.max() / 2


def test_without_groups_exactly_as_many_are_chosen_as_asked() -> None:
    rows = np.arange(30)
    strata = Strata(rows % 3, rows.astype(np.uint64), rows)
    assert [len(strata.divide(rows, count, 5)[0]) for count in (0, 1, 17, 30)] == [0, 1, 17, 30]


@given(st.integers(0, 2**60), st.integers(2, 58))
def test_equal_groups_leave_a_choice_at_most_half_a_group_away(a_key: int, count: int) -> None:
    groups = np.repeat(np.arange(20), 3)
    strata = Strata(groups % 2, np.random.default_rng(0).permutation(60).astype(np.uint64), groups)
    chosen, rest = strata.divide(np.arange(60), count, a_key)
    nearest = 3 * min(max(round(count / 3), 1), 19)
    assert len(chosen) == max(nearest, 6)  # a group of each class at least
    assert len(rest) == 60 - len(chosen)


def test_a_large_group_does_not_swallow_the_rest() -> None:
    groups = np.array([0] * 90 + [1] * 5 + [2] * 5)
    strata = Strata(np.zeros(100, dtype=np.int64), np.arange(100, dtype=np.uint64), groups)
    for a_key in range(20):
        assert len(strata.divide(np.arange(100), 95, a_key)[1]) >= 5


def test_the_leader_is_the_smallest_id_of_a_group() -> None:
    strata = Strata(np.zeros(4, dtype=np.int64), np.array([7, 3, 5, 4], dtype=np.uint64), np.array([0, 1, 0, 1]))
    assert strata.leaders.tolist() == [5, 3, 5, 3]


@given(st.lists(st.integers(0, 2**20), min_size=1, max_size=200, unique=True), st.integers(0, 99))
def test_parts_of_values_are_of_equal_size_and_in_order(values: list[int], seed: int) -> None:
    moved = np.random.default_rng(seed).permutation(values).astype(np.float32)
    strata = strata_of(np.stack((moved, -moved), axis=1), "regression")
    by_value = strata[np.argsort(moved)]
    assert (np.diff(by_value) >= 0).all()
    counts = np.bincount(strata, minlength=BINS)
    assert np.ptp(counts) <= 1
    assert strata.dtype == np.int64


def test_equal_values_are_in_one_part() -> None:
    values = np.array([[0.0]] * 50 + [[1.0]] * 3 + [[2.0]] * 7, dtype=np.float32)
    strata = strata_of(values, "regression")
    assert [len(np.unique(strata[values[:, 0] == value])) for value in (0, 1, 2)] == [1, 1, 1]


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=30))
def test_of_several_labels_the_rarest_decides(rows: list[list[bool]]) -> None:
    labels = np.array(rows, dtype=np.float32)
    counts = labels.sum(axis=0)
    for row, stratum in zip(rows, strata_of(labels, "multilabel").tolist(), strict=True):
        if any(row):
            assert row[stratum]
            assert counts[stratum] == min(count for count, on in zip(counts, row, strict=True) if on)
        else:
            assert stratum == 3
