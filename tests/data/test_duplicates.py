from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overproof.data import duplicates
from overproof.data.dataset import from_arrays
from overproof.data.sources import load
from overproof.study import Data


@given(st.lists(st.tuples(st.sampled_from([-0.0, 0.0, 1.0, 2.0]), st.integers(0, 2)), min_size=2, max_size=30))
def test_the_same_group_means_the_same_inputs(rows: list[tuple[float, int]]) -> None:
    labels = [0, 1, *range(len(rows) - 2)]
    data = from_arrays(np.array(rows, dtype=np.float64), labels, "rows")
    groups = duplicates.duplicate_groups(data)
    assert (np.equal.outer(groups, groups) == [[one == other for other in rows] for one in rows]).all()
    assert duplicates.count(groups) == len(rows) - len(set(rows))


def test_digits_has_no_exact_duplicates() -> None:
    assert duplicates.count(duplicates.duplicate_groups(load(Data(source="digits"), 0))) == 0
