"""What may never stand on both sides of a border: rows of a group, copies, and anything later than what is tested."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from overproof.data.dataset import LABELLED, TEST, UNLABELLED, Dataset
from overproof.data.duplicates import duplicate_groups
from overproof.data.splits import Split, make_splits
from overproof.errors import DataError, OverproofError, StudyError
from overproof.study import Protocol

TASKS = ("multiclass", "binary", "multilabel", "regression")
PARTS = ("test", "train", "student", "student_validation", "transfer", "teacher", "teacher_validation")


def _labels(task: str, rows: int, random: np.random.Generator) -> NDArray[Any]:
    if task == "multilabel":
        return random.integers(0, 2, (rows, 3)).astype(np.float32)
    if task == "regression":
        return random.standard_normal((rows, 2)).astype(np.float32)
    return random.integers(0, 2 if task == "binary" else 3, rows)


def a_dataset(
    rows: int, *, task: str = "multiclass", unlabelled: int = 0, test: int = 0, contents: int = 10**6, seed: int = 0
) -> Dataset:
    """Rows of which some repeat one another where there are few ``contents``, all parts mixed."""
    random = np.random.default_rng(seed)
    count = rows + unlabelled + test
    parts = random.permutation(np.repeat([LABELLED, UNLABELLED, TEST], [rows, unlabelled, test])).astype(np.int8)
    labels = _labels(task, count, random)
    labels[parts == UNLABELLED] = -1 if labels.dtype == np.int64 else np.nan
    inputs = random.integers(0, contents, (count, 1)).astype(np.float32)
    names = {"binary": ("no", "yes"), "regression": ("x", "y")}.get(task, ("a", "b", "c"))
    ids = random.integers(0, 2**64, count, dtype=np.uint64)
    return Dataset("rows", inputs, labels, ids, names, task, parts=parts if unlabelled or test else None)


@st.composite
def datasets(draw: st.DrawFn, kind: str) -> Dataset:
    """Of the kind ``folds``, ``time`` or ``official``, with groups or without."""
    data = a_dataset(
        draw(st.integers(30, 90)),
        task=draw(st.sampled_from(TASKS)),
        unlabelled=draw(st.integers(0, 30)),
        test=draw(st.integers(5, 30)) if kind == "official" else 0,
        contents=draw(st.sampled_from([60, 10**6])),
        seed=draw(st.integers(0, 999)),
    )
    random = np.random.default_rng(draw(st.integers(0, 999)))
    if draw(st.booleans()):
        data = replace(data, groups=random.integers(-5, draw(st.sampled_from([15, 200])), len(data)))
    if kind == "time":
        data = replace(data, times=random.integers(0, draw(st.sampled_from([12, 1000])), len(data)).astype(np.float64))
    return data


PROTOCOLS = st.fixed_dictionaries(
    {
        "folds": st.integers(2, 4),
        "repeats": st.integers(2, 3),
        "seed": st.integers(0, 2**62),
        "student_rows": st.sampled_from([0.4, 0.7, 1.0]),
        "transfer": st.sampled_from(["none", "train"]),
        "teacher_rows": st.sampled_from(["train", "all"]),
        "validation": st.sampled_from([0.0, 0.1, 0.4]),
    }
)


def _splits(data: Dataset, protocol: dict[str, Any]) -> list[Split]:
    try:
        return make_splits(data, Protocol(**protocol))
    except OverproofError:  # these rows are too few for this protocol
        assume(False)
        raise


def _groups_of(data: Dataset, *rows: NDArray[np.int64]) -> set[int]:
    groups = duplicate_groups(data)
    return {group for each in rows for group in groups[each].tolist()}


def _learnt_from(split: Split, protocol: dict[str, Any]) -> list[NDArray[np.int64]]:
    """All that is learnt from or chosen by, but for a teacher that is marked as leaking."""
    rows = [split.train, split.student, split.student_validation, split.transfer]
    return rows if protocol["teacher_rows"] == "all" else [*rows, split.teacher, split.teacher_validation]


def _always(data: Dataset, splits: list[Split], protocol: dict[str, Any]) -> None:
    """What holds for every kind."""
    for split in splits:
        assert len(split.test) > 0
        assert len(split.student) > 0
        assert not _groups_of(data, split.test) & _groups_of(data, *_learnt_from(split, protocol))
        assert not _groups_of(data, split.student_validation) & _groups_of(data, split.student, split.transfer)
        assert not _groups_of(data, split.teacher_validation) & _groups_of(data, split.teacher)
        labelled = np.flatnonzero(data.part != UNLABELLED)
        for name in PARTS:
            rows = getattr(split, name)
            assert rows.dtype == np.int64
            assert (np.diff(rows) > 0).all()
            if name != "transfer":
                assert np.isin(rows, labelled).all()
        known = np.intersect1d(split.transfer, labelled)
        assert np.isin(known, split.train).all()
        assert bool(len(known)) == (protocol["transfer"] == "train")
        unlabelled = np.setdiff1d(np.flatnonzero(data.part == UNLABELLED), split.transfer)
        if data.times is None:  # those that are left out share something with test or validation rows
            kept_out = _groups_of(data, split.test, split.student_validation)
            if len(split.student_validation):
                assert _groups_of(data, unlabelled) <= kept_out
        assert np.isin(split.student, split.train).all()
        assert np.isin(split.student_validation, split.train).all()
    for name in ("student_validation", "teacher_validation"):
        assert len({bool(len(getattr(split, name))) for split in splits}) == 1


@given(datasets("folds"), PROTOCOLS)
def test_folds_keep_groups_and_copies_together(data: Dataset, protocol: dict[str, Any]) -> None:
    splits = _splits(data, protocol)
    _always(data, splits, protocol)
    labelled = np.flatnonzero(data.part == LABELLED)
    for start in range(0, len(splits), protocol["folds"]):
        tests = np.concatenate([split.test for split in splits[start : start + protocol["folds"]]])
        assert np.array_equal(np.sort(tests), labelled)
    for split in splits:
        assert np.array_equal(np.union1d(split.train, split.test), labelled)


@given(datasets("time"), PROTOCOLS)
def test_nobody_who_is_tested_has_learnt_from_a_later_row(data: Dataset, protocol: dict[str, Any]) -> None:
    splits = _splits(data, protocol)
    _always(data, splits, protocol)
    assert data.times is not None
    for split in splits:
        for rows in _learnt_from(split, protocol):
            assert not len(rows) or data.times[rows].max() < data.times[split.test].min()
    folds = protocol["folds"]
    assert [(split.repeat, split.fold) for split in splits] == [
        (repeat, fold) for repeat in range(protocol["repeats"]) for fold in range(folds)
    ]
    for one, again in zip(splits[:folds], splits[folds:], strict=False):  # repeats are other seeds on the same folds
        assert np.array_equal(one.test, again.test)
        assert np.array_equal(one.train, again.train)
    for early, late in pairwise(splits[:folds]):
        assert data.times[early.test].max() < data.times[late.test].min()
    rest = np.setdiff1d(np.flatnonzero(data.part == LABELLED), np.concatenate([each.test for each in splits[:folds]]))
    assert data.times[rest].max() < data.times[splits[0].test].min()  # the first block is never tested on


@given(datasets("official"), PROTOCOLS)
def test_official_test_rows_are_tested_on_and_nothing_else(data: Dataset, protocol: dict[str, Any]) -> None:
    splits = _splits(data, protocol)
    _always(data, splits, protocol)
    official = np.flatnonzero(data.part == TEST)
    assert [(split.repeat, split.fold) for split in splits] == [(repeat, 0) for repeat in range(protocol["repeats"])]
    for split in splits:
        assert np.array_equal(split.test, official)
        for rows in _learnt_from(split, protocol):
            assert not np.isin(rows, official).any()
        left_out = np.setdiff1d(np.flatnonzero(data.part == LABELLED), split.train)
        assert _groups_of(data, left_out) <= _groups_of(data, official)
        if protocol["teacher_rows"] == "all":
            assert np.isin(official, np.union1d(split.teacher, split.teacher_validation)).all()


@given(datasets("folds"), PROTOCOLS)
def test_rows_without_labels_change_nothing_for_those_with_labels(data: Dataset, protocol: dict[str, Any]) -> None:
    """Unless they join two groups."""
    labelled = np.flatnonzero(data.part == LABELLED)
    alone = replace(data.subset(labelled), parts=None, keys=None)
    assume(len(np.unique(duplicate_groups(data)[labelled])) == len(np.unique(duplicate_groups(alone))))
    for split, without in zip(_splits(data, protocol), make_splits(alone, Protocol(**protocol)), strict=True):
        for name in PARTS:
            rows = getattr(split, name)
            assert np.array_equal(rows[np.isin(rows, labelled)], labelled[getattr(without, name)])


@given(datasets("official"), PROTOCOLS, st.integers(0, 99))
def test_the_order_of_the_file_does_not_matter(data: Dataset, protocol: dict[str, Any], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(data))
    moved = replace(data.subset(order), keys=None)
    for one, other in zip(_splits(data, protocol), make_splits(moved, Protocol(**protocol)), strict=True):
        for name in PARTS:
            assert set(data.ids[getattr(one, name)]) == set(moved.ids[getattr(other, name)])


def test_seeds_of_an_official_test_choose_other_validation_rows() -> None:
    one, other = make_splits(a_dataset(60, test=20), Protocol(repeats=2))
    assert np.array_equal(one.train, other.train)
    assert not np.array_equal(one.student_validation, other.student_validation)
    assert not np.array_equal(one.teacher_validation, other.teacher_validation)


def test_values_have_folds_that_are_alike() -> None:
    data = a_dataset(100, task="regression")
    values = data.labels[:, 0]
    means = [values[split.test].mean() for split in make_splits(data, Protocol())]
    by_chance = np.random.default_rng(0).permutation(values).reshape(5, 20).mean(axis=1)
    assert np.std(means) < np.std(by_chance) / 2


def test_rare_labels_are_dealt_to_every_fold() -> None:
    data = a_dataset(100, task="multilabel")
    labels = data.labels.copy()
    labels[:, 2] = 0
    labels[:5, 2] = 1
    splits = make_splits(replace(data, labels=labels), Protocol())
    assert [labels[split.test, 2].sum() for split in splits] == [1] * 5


def test_groups_are_chosen_whole_and_near_to_what_was_asked() -> None:
    data = replace(a_dataset(1000, task="binary"), groups=np.repeat(np.arange(50), 20))
    for split in make_splits(data, Protocol(student_rows=0.25)):
        assert abs(len(split.test) - 200) <= 20
        chosen = len(split.student) + len(split.student_validation)
        assert abs(chosen - 0.25 * len(split.train)) <= 10
        assert len(split.student_validation) == 20


def _with(data: Dataset, **changes: Any) -> Dataset:
    return replace(data, **changes)


ROWS = a_dataset(40, task="binary")
MESSAGES: list[tuple[Dataset, dict[str, Any], type[OverproofError], str]] = [
    (
        _with(a_dataset(40, task="regression"), groups=np.arange(40) % 3),
        {},
        StudyError,
        "protocol.folds = 5 needs at least 5 groups that share no row, the data have 3",
    ),
    (
        _with(a_dataset(40, task="regression"), inputs=np.repeat([[1.0], [2.0]], 20, axis=0).astype(np.float32)),
        {},
        StudyError,
        "protocol.folds = 5 needs at least 5 distinct rows, the data have 2",
    ),
    (
        _with(ROWS, groups=np.where(ROWS.labels == 1, np.arange(40) % 2, np.arange(40) + 9)),
        {},
        DataError,
        "class 'yes' has rows in 2 groups of data.groups but 5 folds need at least 5",
    ),
    (
        _with(ROWS, times=np.arange(40.0) % 5),
        {},
        StudyError,
        "protocol.folds = 5 needs rows of at least 6 different times, the data have 5",
    ),
    (
        _with(ROWS, times=np.append(np.arange(38.0), [np.nan, np.inf])),
        {},
        DataError,
        "2 of 40 rows have no time, by which data.time orders them",
    ),
    (
        _with(ROWS, times=np.arange(40.0), labels=np.repeat([0, 1], [20, 20])),
        {},
        DataError,
        "class 'yes' has no rows among the 7 earliest, which fold 0 is trained on; use fewer folds, or leave data.time "
        "out",
    ),
    (
        _with(ROWS, times=np.arange(40.0), groups=np.arange(40) % 2),
        {},
        DataError,
        "fold 0 has no training rows left: every row earlier than its test rows repeats one of them, or shares a group "
        "with one (data.groups); leave data.groups or data.time out",
    ),
    (
        a_dataset(40, test=9),
        {},
        StudyError,
        "an official test set is tested once in every repeat, each with another seed, and 1 repeat has no spread to "
        "judge by; use protocol.repeats = 5 or more",
    ),
    (
        _with(a_dataset(40, test=9), times=np.arange(49.0)),
        {"repeats": 5},
        StudyError,
        "data.time orders folds, and an official test set has none; leave out data.time, or protocol.test",
    ),
    (
        _with(a_dataset(40, test=9), groups=np.zeros(49, dtype=np.int64)),
        {"repeats": 5},
        DataError,
        "no training rows are left: every one repeats a row of the official test set, or shares its group",
    ),
    (
        _with(ROWS, labels=np.array([0] * 20 + [1] * 20), parts=np.array([0] * 20 + [2] * 20, dtype=np.int8)),
        {"repeats": 5},
        DataError,
        "class 'yes' has rows in the official test set but no training rows; rows that repeat a test row, or share its "
        "group, are not trained on",
    ),
]


@pytest.mark.parametrize(("data", "protocol", "kind", "message"), MESSAGES, ids=[each[3][:40] for each in MESSAGES])
def test_impossible_borders_and_their_messages(
    data: Dataset, protocol: dict[str, Any], kind: type[OverproofError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        make_splits(data, Protocol(**protocol))
    assert str(caught.value) == message


def test_unlabelled_rows_that_no_split_may_use_are_refused() -> None:
    data = a_dataset(40, task="binary", unlabelled=9)
    times = np.where(data.part == UNLABELLED, 1000.0, np.random.default_rng(0).permutation(49))
    with pytest.raises(StudyError, match="in some split none of the 9 unlabelled rows is left to learn from: all of"):
        make_splits(replace(data, times=times), Protocol(folds=2))
    untimed = np.where(data.part == UNLABELLED, np.nan, times)
    with pytest.raises(DataError, match="9 of 9 rows without labels have no time"):
        make_splits(replace(data, times=untimed), Protocol(folds=2))


def test_one_group_of_a_class_that_is_tested_together_is_refused() -> None:
    labels = np.array([0] * 30 + [1] * 10)
    groups = np.array([*range(30), *[50] * 9, 51])
    data = replace(ROWS, labels=labels, groups=groups)
    splits = make_splits(data, Protocol(folds=2))
    assert all(1 in labels[split.train] for split in splits)
