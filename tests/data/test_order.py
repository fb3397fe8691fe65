from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from overproof.data.order import epoch_rows

IDS = np.random.default_rng(0).integers(0, 2**64, 60, dtype=np.uint64)
ROWS = np.arange(0, 60, 2)


def _epoch(rows: NDArray[np.int64] = ROWS, ids: NDArray[np.uint64] = IDS, **changes: Any) -> NDArray[np.int64]:
    settings: dict[str, Any] = {
        "seed": 0,
        "purpose": "order",
        "repeat": 0,
        "fold": 0,
        "epoch": 0,
        "batch": 8,
        "steps": 3,
    }
    return epoch_rows(rows, ids, **{**settings, **changes})


@given(st.sets(st.integers(0, 59), min_size=1), st.integers(1, 9), st.integers(1, 30), st.integers(0, 99))
def test_every_row_is_seen_equally_often(chosen: set[int], batch: int, steps: int, epoch: int) -> None:
    rows = np.array(sorted(chosen))
    order = _epoch(rows, batch=batch, steps=steps, epoch=epoch)
    assert order.shape == (steps, batch)
    assert order.dtype == np.int64
    passes, left = divmod(steps * batch, len(rows))
    flat = order.ravel()
    for a_pass in range(passes):
        assert np.array_equal(np.sort(flat[a_pass * len(rows) : (a_pass + 1) * len(rows)]), rows)
    rest = flat[passes * len(rows) :]
    assert len(np.unique(rest)) == len(rest) == left
    assert np.isin(rest, rows).all()


@given(st.integers(0, 99))
def test_the_order_is_that_of_the_ids_and_not_of_the_positions(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(60)
    moved = np.argsort(order)[ROWS]  # where the same rows stand in the reordered file
    assert np.array_equal(IDS[order][_epoch(np.sort(moved), IDS[order])], IDS[_epoch()])


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"purpose": "transfer"}, {"repeat": 1}, {"fold": 1}, {"epoch": 1}],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_the_key_changes_the_order(change: dict[str, Any]) -> None:
    assert not np.array_equal(_epoch(**change), _epoch())


def test_every_pass_has_an_order_of_its_own() -> None:
    first, second = _epoch(batch=30, steps=2)
    assert not np.array_equal(first, second)
    assert np.array_equal(np.sort(first), np.sort(second))


def test_more_steps_go_on_where_fewer_ended() -> None:
    assert np.array_equal(_epoch(steps=9)[:3], _epoch(steps=3))


def test_leaving_out_a_row_does_not_change_the_order_of_the_others() -> None:
    every, fewer = _epoch(batch=30, steps=1).ravel(), _epoch(ROWS[1:], batch=29, steps=1).ravel()
    assert np.array_equal(every[every != ROWS[0]], fewer)
