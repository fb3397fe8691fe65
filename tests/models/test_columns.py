"""The front of a table says what scikit-learn's transformers say that were fitted on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from overproof.data.columns import Column
from overproof.models.columns import Encoding, TableFront

COLUMNS = (Column("age"), Column("job", ("a", "b", "c", "d")), Column("pay"))


def table(rows: int = 60, *, missing: bool = True) -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    made = np.stack((rng.normal(50, 9, rows), rng.integers(0, 3, rows), rng.lognormal(8, 2, rows)), axis=1)
    if missing:
        made[4, 0] = made[9, 2] = made[7, 1] = np.nan
    return made.astype(np.float32)


def test_numbers_are_what_scikit_learn_makes_of_them() -> None:
    rows = table()
    front = TableFront(Encoding.of(COLUMNS, rows))
    front.fit(rows[:40])
    wanted = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(rows[:40][:, [0, 2]])
    np.testing.assert_allclose(
        front(torch.from_numpy(rows))[:, :2], wanted.transform(rows[:, [0, 2]]), rtol=2e-5, atol=2e-5
    )


def test_categories_are_what_scikit_learn_makes_of_them() -> None:
    rows = table(missing=False)
    rows[50:, 1] = 3  # occurs in no training row
    front = TableFront(Encoding.of(COLUMNS, rows))
    front.fit(rows[:40])
    coder = OneHotEncoder(categories=[[0, 1, 2, 3]], handle_unknown="ignore", sparse_output=False).fit(rows[:40, 1:2])
    said = front(torch.from_numpy(rows))[:, 2:]
    np.testing.assert_array_equal(said[:50], coder.transform(rows[:50, 1:2]))
    assert not said[50:].any(), "a category that was never trained on is a row of zeros"


def test_the_whole_row_is_a_column_transformers() -> None:
    rows = table()
    front = TableFront(Encoding.of(COLUMNS, rows))
    front.fit(rows)
    words = np.where(np.isnan(rows[:, 1:2]), 9, rows[:, 1:2])
    wanted = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=False), StandardScaler()), [0, 2]),
            ("gaps", "passthrough", [3, 4]),
            ("words", OneHotEncoder(categories=[[0, 1, 2, 3, 9]], handle_unknown="ignore"), [1]),
        ]
    ).fit_transform(np.hstack((rows[:, :1], words, rows[:, 2:], np.isnan(rows[:, [0, 2]]))))
    dense = wanted.toarray() if hasattr(wanted, "toarray") else wanted
    np.testing.assert_allclose(front(torch.from_numpy(rows)), dense, rtol=2e-5, atol=2e-5)


def test_rows_that_were_not_fitted_on_have_no_say() -> None:
    rows = table()
    one, other = (TableFront(Encoding.of(COLUMNS, rows)) for _ in range(2))
    one.fit(rows[:40])
    changed = rows.copy()
    changed[40:] *= 1000
    other.fit(changed[:40])
    assert all(torch.equal(a, b) for a, b in zip(one.buffers(), other.buffers(), strict=True))


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_a_column_that_says_one_thing_gives_finite_numbers(value: float) -> None:
    rows = np.full((6, 1), value, dtype=np.float32)
    front = TableFront(Encoding.of((Column("x"),), rows))
    front.fit(rows)
    assert bool(torch.isfinite(front(torch.from_numpy(rows))).all())


def test_a_hole_in_a_column_that_had_none_in_training_says_nothing() -> None:
    rows = table(missing=False)
    rows[50, 0] = rows[3, 2] = np.nan
    front = TableFront(Encoding.of(COLUMNS, rows))
    front.fit(rows[:40])
    gaps = front(torch.from_numpy(rows))[:, 2:4]
    assert gaps[50].tolist() == [0, 0], "nobody has learnt what that means"
    assert gaps[3].tolist() == [0, 1]
