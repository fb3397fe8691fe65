from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.content import row_digests, row_ids

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=40)


def test_a_digest_is_the_sha256_of_shape_and_values() -> None:
    inputs = np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3)
    expected = hashlib.sha256(b"(1, 2, 3)" + inputs[1].astype("<f4").tobytes()).hexdigest()
    assert row_digests(inputs)[1].decode() == expected


def test_the_shape_counts() -> None:
    flat = np.zeros((1, 4), dtype=np.float32)
    assert row_digests(flat) != row_digests(flat.reshape(1, 2, 2))


def test_the_last_bit_of_the_last_value_counts() -> None:
    rows = np.ones((2, 784), dtype=np.float32)
    rows[1, -1] = np.nextafter(np.float32(1), np.float32(2))
    one, other = row_digests(rows)
    assert one != other


def test_an_array_in_another_memory_order_has_the_same_digests() -> None:
    inputs = np.random.default_rng(0).random((5, 3, 4)).astype(np.float32)
    assert (row_digests(np.asfortranarray(inputs)) == row_digests(inputs)).all()


@given(ROWS, st.randoms(use_true_random=False))
def test_ids_are_distinct_and_move_with_their_rows(rows: list[tuple[int, int]], random: object) -> None:
    contents = np.array([[content] for content, _ in rows], dtype=np.float32)
    labels = np.array([label for _, label in rows])
    ids = row_ids(row_digests(contents), labels)
    assert len(set(ids.tolist())) == len(rows)
    order = np.arange(len(rows))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved = row_ids(row_digests(contents[order]), labels[order])
    before = sorted(zip(ids.tolist(), rows, strict=True))
    after = sorted(zip(moved.tolist(), [rows[position] for position in order], strict=True))
    assert before == after


def test_the_id_of_a_row_without_repeats_does_not_depend_on_labels_or_other_rows() -> None:
    contents = np.array([[1], [2], [3]], dtype=np.float32)
    every = row_ids(row_digests(contents), np.array([0, 1, 2]))
    assert (row_ids(row_digests(contents[1:]), np.array([0, 0])) == every[1:]).all()
