from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from overproof.randomness import key, keyed_bits, keyed_order

IDS = np.arange(100_000, dtype=np.uint64)
parts = st.lists(st.integers(-(2**70), 2**70) | st.text(alphabet="ab:1 ", max_size=3), min_size=1, max_size=4)


def fractions(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    return (bits >> np.uint64(11)).astype(np.float64) / 2**53


# Whoever changes the function changes every result; these numbers make that a decision.


def test_keys_are_what_they_have_always_been() -> None:
    assert key(0) == 3581690635855307741
    assert key(0, "order", 1) == 3583953554662909129
    assert key(3, "weights", "student", 0, 4) == 2918625092415585856


def test_bits_are_what_they_have_always_been() -> None:
    ids = np.array([0, 1, 2, 2**63, 2**64 - 1], dtype=np.uint64)
    assert keyed_bits(key(0, "order", 1), ids).tolist() == [
        0x5292D30942652636,
        0xAAB32E70E83C44F2,
        0xD75ED6007E3EBCD9,
        0x3746C5F898158501,
        0xB12C0CCC63F42BA3,
    ]
    assert keyed_order(key(0, "order", 1), np.arange(10, dtype=np.uint64)).tolist() == [7, 8, 9, 3, 0, 5, 4, 1, 2, 6]


# Keys.


@given(parts, parts)
def test_a_key_depends_on_every_part_and_on_their_order(one: list[int | str], other: list[int | str]) -> None:
    assert 0 <= key(*one) < 2**63
    assert (key(*one) == key(*other)) == (one == other)


def test_a_number_is_not_its_name_and_parts_do_not_run_together() -> None:
    assert len({key(1), key("1"), key(True), key(1, 1), key(11), key("1", "1"), key("11"), key("")}) == 8


def test_the_keys_of_a_large_study_differ() -> None:
    coordinates = itertools.product(range(5), ("order", "weights", "dropout"), range(10), range(10), range(100))
    keys = [key(*each) for each in coordinates]
    assert len(set(keys)) == len(keys) == 150_000


# Bits.


@given(st.integers(0, 2**63 - 1), st.sets(st.integers(0, 2**64 - 1), min_size=1, max_size=30), st.randoms())
def test_a_row_keeps_its_bits_whoever_else_is_there(a_key: int, chosen: set[int], shuffler: object) -> None:
    ids = np.array(sorted(chosen), dtype=np.uint64)
    alone = {row: int(keyed_bits(a_key, np.array([row], dtype=np.uint64))[0]) for row in chosen}
    assert dict(zip(ids.tolist(), keyed_bits(a_key, ids).tolist(), strict=True)) == alone
    shuffled = ids.copy()
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert np.array_equal(ids[keyed_order(a_key, ids)], shuffled[keyed_order(a_key, shuffled)])


@pytest.mark.parametrize("a_key", [0, 1, 2**63 - 1, key(0, "order", 0)])
def test_bits_are_uniform_without_collisions(a_key: int) -> None:
    bits = keyed_bits(a_key, IDS)
    assert len(np.unique(bits)) == len(bits)
    assert stats.kstest(fractions(bits), "uniform").pvalue > 1e-4
    for byte in range(8):
        counts = np.bincount((bits >> np.uint64(8 * byte)) & np.uint64(255), minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-4


def test_neighbouring_keys_and_rows_have_nothing_in_common() -> None:
    for one, other in ((0, 1), (2**62, 2**62 + 1), (key(0, "order", 0), key(0, "order", 1))):
        first, second = fractions(keyed_bits(one, IDS)), fractions(keyed_bits(other, IDS))
        assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(len(IDS))
        assert abs(np.corrcoef(first[:-1], second[1:])[0, 1]) < 5 / np.sqrt(len(IDS))
        assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 5 / np.sqrt(len(IDS))


def test_every_bit_of_a_row_and_of_a_key_turns_half_of_the_bits() -> None:
    ids = keyed_bits(99, IDS[:2000])  # rows in no order
    before = keyed_bits(7, ids)
    for bit in range(64):
        turned = np.bitwise_count(before ^ keyed_bits(7, ids ^ np.uint64(1 << bit)))
        assert abs(turned.mean() - 32) < 5 * 4 / np.sqrt(len(ids))
    for bit in range(63):
        turned = np.bitwise_count(before ^ keyed_bits(7 ^ (1 << bit), ids))
        assert abs(turned.mean() - 32) < 5 * 4 / np.sqrt(len(ids))


def test_bits_keep_the_shape_of_the_rows() -> None:
    ids = IDS[:12].reshape(3, 4)
    assert np.array_equal(keyed_bits(5, ids), keyed_bits(5, IDS[:12]).reshape(3, 4))
    assert keyed_bits(5, ids).dtype == np.uint64


# Order.


@given(st.integers(0, 2**63 - 1), st.integers(0, 40))
def test_an_order_is_a_permutation(a_key: int, rows: int) -> None:
    order = keyed_order(a_key, IDS[:rows])
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(rows))


def test_a_subset_keeps_its_order() -> None:
    order = IDS[:1000][keyed_order(3, IDS[:1000])]
    subset = IDS[:1000:7]
    assert np.array_equal(order[np.isin(order, subset)], subset[keyed_order(3, subset)])


def test_every_permutation_is_as_likely() -> None:
    orders = [tuple(keyed_order(key(0, "order", epoch), IDS[:4])) for epoch in range(4800)]
    counts = [orders.count(permutation) for permutation in itertools.permutations(range(4))]
    assert stats.chisquare(counts).pvalue > 1e-4
