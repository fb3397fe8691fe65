from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from overproof.data.dataset import Dataset, from_arrays, limited
from overproof.errors import DataError, StudyError


def _numbered(sizes: list[int]) -> Dataset:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return from_arrays(np.arange(len(labels), dtype=np.float32)[:, None], labels, "numbered")


def test_tensors_lists_and_arrays_give_the_same_data_set() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    labels = [0, 1, 2, 0, 1, 2]
    one = from_arrays(pixels, labels, "one")
    other = from_arrays(torch.from_numpy(pixels), torch.tensor(labels), "other")
    assert one.digest == other.digest
    assert one.shape == (1, 4, 4)
    assert len(one) == 6


def test_counts_that_differ_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        from_arrays(np.zeros((60_000, 1)), np.zeros(10_000), "big", called=("X.npy", "y.npy"))
    assert str(caught.value) == "X.npy has 60,000 rows, y.npy has 10,000; every row needs one label"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("digits", "digits"),
        ("../../etc/passwd", "etc-passwd"),
        ("<b>&", "b"),
        ("…", "data"),
        ("", "data"),
        ("x" * 99, "x" * 40),
    ],
)
def test_the_name_is_safe_in_a_path(name: str, short: str, tmp_path: Path) -> None:
    found = from_arrays([[0.0], [1.0]], [0, 1], name).name
    assert found == short
    assert (tmp_path / found).parent == tmp_path


def test_the_digest_depends_on_everything_but_the_name() -> None:
    data = from_arrays([[1.0, 2.0], [3.0, 4.0]], [0, 1], "one")
    others = [
        from_arrays([[1.0, 2.0], [3.0, 4.5]], [0, 1], "one"),
        from_arrays([[1.0, 2.0], [3.0, 4.0]], [1, 0], "one"),
        from_arrays([[1.0, 2.0], [3.0, 4.0]], [0, 1], "one", ["a", "b"]),
        from_arrays([[3.0, 4.0], [1.0, 2.0]], [1, 0], "one"),
        Dataset("one", data.inputs, data.labels, data.ids + np.uint64(1), data.classes),
        data.subset([0]),
    ]
    assert len({data.digest, *(other.digest for other in others)}) == 7
    assert from_arrays([[1.0, 2.0], [3.0, 4.0]], [0, 1], "two").digest == data.digest


def test_a_subset_keeps_ids_and_classes() -> None:
    data = _numbered([3, 3])
    part = data.subset([5, 0])
    assert part.classes == data.classes
    assert part.ids.tolist() == [data.ids[5], data.ids[0]]
    assert part.inputs[:, 0].tolist() == [5.0, 0.0]
    assert part.row_digests().tolist() == [data.row_digests()[5], data.row_digests()[0]]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(0, 2**32), st.data())
def test_a_limit_keeps_shares_and_nests(sizes: list[int], seed: int, draw: st.DataObject) -> None:
    data = _numbered(sizes)
    large = draw.draw(st.integers(len(sizes), len(data)))
    small = draw.draw(st.integers(len(sizes), large))
    many, few = limited(data, large, seed), limited(data, small, seed)
    assert (len(many), len(few)) == (large, small)
    assert set(few.ids.tolist()) <= set(many.ids.tolist())
    kept = np.bincount(few.labels, minlength=len(sizes))
    assert kept.min() >= 1
    assert max((kept - 1) / sizes) <= min(kept / sizes)  # one share for all, rounded up
    assert (np.diff(few.inputs[:, 0]) > 0).all()  # in the order of the file


def test_another_seed_chooses_other_rows() -> None:
    data = _numbered([50, 50])
    assert set(limited(data, 20, 0).ids.tolist()) != set(limited(data, 20, 1).ids.tolist())


def test_a_limit_beyond_the_rows_changes_nothing() -> None:
    data = _numbered([2, 2])
    assert limited(data, 4, 0) is data
    assert limited(data, 99, 0) is data


def test_a_limit_below_the_classes_is_refused() -> None:
    with pytest.raises(StudyError) as caught:
        limited(_numbered([4, 4, 4]), 2, 0)
    assert str(caught.value) == "data.limit = 2 leaves some of the 3 classes without a row; use at least 3"
