from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from overproof import randomness
from overproof.data import draws
from overproof.data.draws import Draws, below, fractions, happens, keyed_bits, normals, row_numbers

IDS = np.random.default_rng(0).integers(0, 2**64, 40_000, dtype=np.uint64)
EDGES = np.array([0, 1, 2**63 - 1, 2**63, 2**64 - 1], dtype=np.uint64)


def as_tensor(ids: NDArray[np.uint64]) -> Tensor:
    return torch.from_numpy(ids.view(np.int64))


BITS = keyed_bits(5, as_tensor(IDS))


@given(st.integers(0, 2**63 - 1), st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=40))
def test_bits_are_those_of_numpy(a_key: int, chosen: list[int]) -> None:
    ids = np.array(chosen, dtype=np.uint64)
    assert np.array_equal(keyed_bits(a_key, as_tensor(ids)).numpy().view(np.uint64), randomness.keyed_bits(a_key, ids))


@pytest.mark.parametrize("a_key", [0, 1, 2**63 - 1, randomness.key(0, "views", "crop")])
@pytest.mark.parametrize("ids", [EDGES, IDS, IDS[:12].reshape(3, 4)], ids=["edges", "many", "two axes"])
def test_bits_of_edges_and_of_many_rows_are_those_of_numpy(a_key: int, ids: NDArray[np.uint64]) -> None:
    assert np.array_equal(keyed_bits(a_key, as_tensor(ids)).numpy().view(np.uint64), randomness.keyed_bits(a_key, ids))


def test_views_rows_purposes_seeds_and_places_have_numbers_of_their_own() -> None:
    ids, views = torch.arange(50).repeat_interleave(20), torch.arange(20).repeat(50)
    drawn = [
        Draws(seed, purpose, row_numbers(seed, ids, views)).bits(7) for seed in (0, 1) for purpose in ("crop", "flip")
    ]
    assert len(set(torch.stack(drawn).flatten().tolist())) == 2 * 2 * 50 * 20 * 7


def test_numbers_are_uniform_and_independent() -> None:
    ids = torch.arange(20_000)
    one, other = Draws(0, "crop", row_numbers(0, ids, ids * 0 + 1)).bits(2).unbind(1)
    next_view = Draws(0, "crop", row_numbers(0, ids, ids * 0 + 2)).bits(1).squeeze(1)
    purpose = Draws(0, "flip", row_numbers(0, ids, ids * 0 + 1)).bits(1).squeeze(1)
    assert stats.kstest(fractions(one).numpy(), "uniform").pvalue > 1e-4
    for another in (other, next_view, purpose, one.roll(1)):
        together = torch.stack((fractions(one), fractions(another)))
        assert abs(float(torch.corrcoef(together)[0, 1])) < 5 / np.sqrt(len(ids))


def test_asking_for_more_numbers_does_not_change_the_first() -> None:
    drawn = Draws(0, "noise", as_tensor(IDS[:10]))
    assert torch.equal(drawn.bits(9)[:, :4], drawn.bits(4))


@pytest.mark.parametrize("count", [2, 3, 10, 57])
def test_whole_numbers_below_a_count_are_equally_likely(count: int) -> None:
    counts = np.bincount(below(BITS, count).numpy(), minlength=count)
    assert len(counts) == count
    assert stats.chisquare(counts).pvalue > 1e-4


def test_numbers_at_the_ends_of_the_range_stay_inside() -> None:
    ends = torch.tensor([0, -1])  # all bits 0, all bits 1
    assert below(ends, 2**31).tolist() == [0, 2**31 - 1]
    assert below(ends, 1).tolist() == [0, 0]
    assert fractions(ends).tolist() == [0, 1 - 2**-24]
    assert happens(ends, 1.0).tolist() == [True, True]
    assert happens(ends, 0.0).tolist() == [False, False]


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_events_are_as_likely_as_asked(probability: float) -> None:
    assert stats.binomtest(int(happens(BITS, probability).sum()), len(BITS), probability).pvalue > 1e-4


def test_normal_numbers_are_normal() -> None:
    drawn = normals(BITS)
    assert drawn.dtype == torch.float32
    assert abs(float(drawn.mean())) < 5 / np.sqrt(len(BITS))
    assert abs(float(drawn.std()) - 1) < 5 / np.sqrt(2 * len(BITS))
    assert stats.kstest(drawn.numpy(), "norm").pvalue > 1e-4
    assert stats.kstest(normals(BITS.roll(1)).numpy() * drawn.numpy(), _product_of_normals()).pvalue > 1e-4


def _product_of_normals() -> NDArray[np.float64]:
    one, other = np.random.default_rng(1).standard_normal((2, 200_000))
    return one * other  # type: ignore[no-any-return]


def test_normal_numbers_follow_the_formula() -> None:
    u, v = (int(BITS[0]) >> 48) & 0xFFFF, (int(BITS[0]) >> 32) & 0xFFFF
    expected = np.sqrt(-2 * np.log((u + 0.5) / 2**16)) * np.cos(2 * np.pi * (v + 0.5) / 2**16)
    assert float(normals(BITS[:1])) == pytest.approx(expected, rel=1e-6)


def test_tables_first_asked_for_during_inference_serve_training_too() -> None:
    draws._box_muller.cache_clear()
    with torch.inference_mode():
        normals(BITS[:3])
    weight = torch.ones(3, requires_grad=True)
    (weight * normals(BITS[:3])).sum().backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None
    assert not draws._box_muller(BITS.device)[0].is_inference()
