from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overproof.data import duplicates
from overproof.data.dataset import from_arrays
from overproof.sources.catalogue import load
from overproof.study import Data


@given(st.lists(st.tuples(st.sampled_from([-0.0, 0.0, 1.0, 2.0]), st.integers(0, 2)), min_size=2, max_size=30))
def test_the_same_group_means_the_same_inputs(rows: list[tuple[float, int]]) -> None:
    labels = [0, 1, *range(len(rows) - 2)]
    data = from_arrays(np.array(rows, dtype=np.float64), labels, "rows")
    groups = duplicates.same_inputs(data)
    assert (np.equal.outer(groups, groups) == [[one == other for other in rows] for one in rows]).all()
    assert duplicates.count(data) == len(rows) - len(set(rows))
    assert np.array_equal(duplicates.duplicate_groups(data), groups)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), min_size=2, max_size=25))
def test_rows_are_together_when_a_chain_of_same_inputs_and_same_groups_joins_them(rows: list[tuple[int, int]]) -> None:
    data = from_arrays([[float(content)] for content, _ in rows], [0, 1, *[0] * (len(rows) - 2)], "rows")
    found = duplicates.duplicate_groups(replace(data, groups=np.array([group for _, group in rows])))
    joined = np.array([[one[0] == other[0] or one[1] == other[1] for other in rows] for one in rows])
    for _ in rows:
        joined = joined @ joined
    assert (np.equal.outer(found, found) == joined).all()
    assert set(found.tolist()) == set(range(len(set(found.tolist()))))
    assert duplicates.count(data) == len(rows) - len({content for content, _ in rows})


def test_a_pair_of_content_and_group_that_is_frequent_counts_as_well() -> None:
    data = from_arrays(np.zeros((512, 1)), [0, 1] * 256, "zeros")
    joined = replace(data, groups=np.array([0] * 256 + [1] * 256))
    assert set(duplicates.duplicate_groups(joined).tolist()) == {0}


def test_digits_has_no_exact_duplicates() -> None:
    assert duplicates.count(load(Data(source="digits"), 0)) == 0
