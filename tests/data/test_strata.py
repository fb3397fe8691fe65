from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.strata import Strata


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
def test_a_division_keeps_duplicates_together_and_nests(strata: Strata, a_key: int, one: int, other: int) -> None:
    rows = np.arange(len(strata.labels))[::2]
    small, large = sorted((min(one, len(rows)), min(other, len(rows))))
    chosen, rest = strata.divide(rows, small, a_key)
    assert np.array_equal(np.sort(np.concatenate((chosen, rest))), rows)
    assert len(chosen) >= small
    assert not set(strata.groups[chosen].tolist()) & set(strata.groups[rest].tolist())
    assert set(chosen.tolist()) <= set(strata.divide(rows, large, a_key)[0].tolist())


def test_without_duplicates_exactly_as_many_are_chosen_as_asked() -> None:
    rows = np.arange(30)
    strata = Strata(rows % 3, rows.astype(np.uint64), rows)
    assert [len(strata.divide(rows, count, 5)[0]) for count in (0, 1, 17, 30)] == [0, 1, 17, 30]


@given(st.integers(0, 2**60), st.integers(0, 60))
def test_duplicates_make_a_choice_larger_by_at_most_one_group_of_each_class(a_key: int, count: int) -> None:
    groups = np.repeat(np.arange(20), 3)
    strata = Strata(groups % 2, np.random.default_rng(0).permutation(60).astype(np.uint64), groups)
    assert count <= len(strata.divide(np.arange(60), count, a_key)[0]) <= count + 2 * 2


def test_the_leader_is_the_smallest_id_of_a_group() -> None:
    strata = Strata(np.zeros(4, dtype=np.int64), np.array([7, 3, 5, 4], dtype=np.uint64), np.array([0, 1, 0, 1]))
    assert strata.leaders.tolist() == [5, 3, 5, 3]
