from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from overproof.data.folds import assign_folds
from overproof.data.strata import Strata

KEYS = st.integers(0, 2**60)


def _ids(rows: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.random.default_rng(rows).integers(0, 2**64, rows, dtype=np.uint64)


@given(st.lists(st.integers(0, 25), min_size=1, max_size=6).filter(any), st.integers(2, 7), KEYS)
def test_without_duplicates_class_counts_and_sizes_differ_by_at_most_one(
    sizes: list[int], folds: int, a_key: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    fold_of = assign_folds(Strata(labels, _ids(len(labels)), np.arange(len(labels))), folds, a_key)
    counts = np.zeros((folds, len(sizes)), dtype=np.int64)
    np.add.at(counts, (fold_of, labels), 1)
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=2, max_size=40), st.integers(2, 5), KEYS)
def test_duplicates_share_a_fold(rows: list[tuple[int, int]], folds: int, a_key: int) -> None:
    groups = np.unique([content for content, _ in rows], return_inverse=True)[1]
    labels = np.array([label for _, label in rows])
    fold_of = assign_folds(Strata(labels, _ids(len(rows)), groups), folds, a_key)
    assert ((fold_of >= 0) & (fold_of < folds)).all()
    for group in np.unique(groups):
        assert len(np.unique(fold_of[groups == group])) == 1


@given(st.lists(st.integers(1, 4), min_size=5, max_size=20), st.integers(2, 5), KEYS)
def test_groups_of_one_class_reach_every_fold(sizes: list[int], folds: int, a_key: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    strata = Strata(np.zeros(len(groups), dtype=np.int64), _ids(len(groups)), groups)
    counts = np.bincount(assign_folds(strata, folds, a_key), minlength=folds)
    assert counts.min() >= 1
    assert np.ptp(counts) <= max(sizes)


@given(KEYS)
def test_groups_are_stratified(a_key: int) -> None:
    groups = np.repeat(np.arange(10), 2)
    strata = Strata(groups % 2, _ids(20), groups)
    fold_of = assign_folds(strata, 5, a_key)
    for label in (0, 1):
        assert np.bincount(fold_of[strata.labels == label]).tolist() == [2] * 5


def test_a_large_group_is_made_up_for_by_the_single_rows() -> None:
    groups = np.array([0] * 10 + list(range(1, 41)))
    strata = Strata(np.zeros(50, dtype=np.int64), _ids(50), groups)
    assert np.bincount(assign_folds(strata, 5, 3)).tolist() == [10] * 5


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=2, max_size=30), KEYS, st.integers(0, 99))
def test_neither_the_order_of_rows_nor_the_numbering_of_groups_matters(
    rows: list[tuple[int, int]], a_key: int, seed: int
) -> None:
    groups = np.unique([content for content, _ in rows], return_inverse=True)[1]
    labels, ids = np.array([label for _, label in rows]), _ids(len(rows))
    random = np.random.default_rng(seed)
    order, renumbered = random.permutation(len(rows)), random.permutation(len(rows))
    fold_of = assign_folds(Strata(labels, ids, groups), 3, a_key)
    moved = assign_folds(Strata(labels[order], ids[order], renumbered[groups][order]), 3, a_key)
    assert np.array_equal(moved, fold_of[order])


def _shares(labels: np.ndarray, fold_of: np.ndarray, folds: int) -> np.ndarray:
    """Of every class, the share of its rows that each fold has, [folds, classes]."""
    counts = np.zeros((folds, int(labels.max()) + 1))
    np.add.at(counts, (fold_of, labels), 1)
    return np.asarray(counts / counts.sum(axis=0))


@pytest.mark.parametrize(("groups", "classes", "size"), [(15, 3, 40), (60, 2, 12), (200, 5, 4)])
def test_folds_of_large_mixed_groups_are_as_balanced_as_those_of_scikit_learn(
    groups: int, classes: int, size: int
) -> None:
    random = np.random.default_rng(groups)
    ours, theirs, sizes = [], [], []
    for study in range(20):
        of = np.repeat(np.arange(groups), random.poisson(size, groups) + 1)
        labels = np.array([random.choice(classes, p=each) for each in random.dirichlet([0.5] * classes, groups)[of]])
        labels = np.unique(labels, return_inverse=True)[1]
        fold_of = assign_folds(Strata(labels, random.permutation(len(of)).astype(np.uint64), of), 5, study)
        other = np.zeros(len(of), dtype=np.int64)
        for fold, (_, test) in enumerate(
            StratifiedGroupKFold(5, shuffle=True, random_state=study).split(of, labels, of)
        ):
            other[test] = fold
        ours.append(_shares(labels, fold_of, 5).std(axis=0).mean())
        theirs.append(_shares(labels, other, 5).std(axis=0).mean())
        sizes.append(np.bincount(fold_of, minlength=5).std() <= np.bincount(other, minlength=5).std() + 1)
    assert np.mean(ours) < 1.25 * np.mean(theirs)
    assert np.mean(sizes) > 0.8


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3)), min_size=5, max_size=15), st.integers(2, 5), KEYS)
def test_no_fold_is_empty(described: list[tuple[int, int]], folds: int, a_key: int) -> None:
    groups = np.repeat(np.arange(len(described)), [size for size, _ in described])
    labels = np.random.default_rng(0).integers(0, 1 + np.array([of for _, of in described])[groups])
    fold_of = assign_folds(Strata(labels, _ids(len(groups)), groups), folds, a_key)
    assert np.bincount(fold_of, minlength=folds).min() > 0
