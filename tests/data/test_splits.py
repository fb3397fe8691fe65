from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from overproof.data.dataset import Dataset
from overproof.data.splits import Split, make_splits, steps_per_epoch
from overproof.errors import DataError, OverproofError, StudyError
from overproof.sources.catalogue import load
from overproof.study import Data, Protocol

PARTS = ("test", "student", "student_validation", "transfer", "teacher", "teacher_validation", "train")


@dataclass(frozen=True)
class Table:
    """Rows of which those with the same ``groups`` number have the same inputs."""

    labels: NDArray[np.int64]
    ids: NDArray[np.uint64]
    groups: NDArray[np.int64]

    def data(self) -> Dataset:
        names = tuple(f"class {number}" for number in range(int(self.labels.max()) + 1))
        inputs = self.groups[:, np.newaxis].astype(np.float32)
        return Dataset("table", inputs, self.labels, self.ids, names)

    def split(self, **protocol: Any) -> list[Split]:
        return make_splits(self.data(), Protocol(**protocol))

    def reordered(self, order: NDArray[np.int64], renumbered: NDArray[np.int64]) -> Table:
        return Table(self.labels[order], self.ids[order], renumbered[self.groups][order])


def table(sizes: list[int], groups: NDArray[np.int64] | None = None, seed: int = 0) -> Table:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    ids = np.random.default_rng(seed).integers(0, 2**64, len(labels), dtype=np.uint64)
    return Table(labels, ids, np.arange(len(labels)) if groups is None else groups)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Up to four classes of rows, some of them duplicates of one another, across classes too."""
    sizes = draw(st.lists(st.integers(5, 20), min_size=2, max_size=4))
    groups = np.arange(sum(sizes))
    rows = st.integers(0, len(groups) - 1)
    for one, other in draw(st.lists(st.tuples(rows, rows), max_size=8)):
        groups[one] = groups[other]
    return table(sizes, np.unique(groups, return_inverse=True)[1], draw(st.integers(0, 99)))


@st.composite
def protocols(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "folds": draw(st.integers(2, 4)),
        "repeats": draw(st.integers(1, 2)),
        "seed": draw(st.integers(0, 2**63 - 1)),
        "student_rows": draw(st.floats(0.5, 0.99)),
        "transfer": draw(st.sampled_from(["none", "train"])),
        "teacher_rows": draw(st.sampled_from(["train", "all"])),
        "validation": draw(st.sampled_from([0.0, 0.1, 0.5, 0.9])),
    }


def _possible(rows: Table, protocol: dict[str, Any]) -> list[Split]:
    try:
        return rows.split(**protocol)
    except OverproofError:  # too few distinct rows
        assume(False)
        raise


def _set(rows: NDArray[Any]) -> set[int]:
    assert len(np.unique(rows)) == len(rows)
    return set(rows.tolist())


@given(tables(), protocols())
def test_the_folds_of_a_repeat_divide_the_rows(rows: Table, protocol: dict[str, Any]) -> None:
    splits = _possible(rows, protocol)
    folds = protocol["folds"]
    assert [(split.repeat, split.fold) for split in splits] == [
        (repeat, fold) for repeat in range(protocol["repeats"]) for fold in range(folds)
    ]
    for start in range(0, len(splits), folds):
        tests = np.concatenate([split.test for split in splits[start : start + folds]])
        assert np.array_equal(np.sort(tests), np.arange(len(rows.labels)))


@given(tables(), protocols())
def test_the_parts_of_a_split_are_disjoint_and_complete(rows: Table, protocol: dict[str, Any]) -> None:
    every = set(range(len(rows.labels)))
    for split in _possible(rows, protocol):
        test, train = _set(split.test), _set(split.train)
        assert test | train == every
        assert not test & train
        student, validation, transfer = _set(split.student), _set(split.student_validation), _set(split.transfer)
        assert len(student | validation | transfer) == len(student) + len(validation) + len(transfer)
        assert student | validation | transfer <= train
        if protocol["transfer"] == "train":
            assert student | validation | transfer == train
        else:
            assert not transfer
        teacher, teacher_validation = _set(split.teacher), _set(split.teacher_validation)
        assert not teacher & teacher_validation
        assert teacher | teacher_validation == (every if protocol["teacher_rows"] == "all" else train)
        for part in PARTS:
            assert (np.diff(getattr(split, part)) > 0).all()
            assert getattr(split, part).dtype == np.int64


@given(tables(), protocols())
def test_duplicates_stay_on_one_side_of_every_border(rows: Table, protocol: dict[str, Any]) -> None:
    for split in _possible(rows, protocol):
        borders = [
            (split.test, split.train),
            (split.student, split.student_validation),
            (split.student, split.transfer),
            (split.student_validation, split.transfer),
            (split.teacher, split.teacher_validation),
        ]
        for one, other in borders:
            assert not set(rows.groups[one].tolist()) & set(rows.groups[other].tolist())


@given(tables(), protocols(), st.integers(0, 99))
def test_neither_the_order_of_the_file_nor_the_numbers_of_groups_matter(
    rows: Table, protocol: dict[str, Any], seed: int
) -> None:
    random = np.random.default_rng(seed)
    moved = rows.reordered(random.permutation(len(rows.labels)), random.permutation(len(rows.labels)))
    for one, other in zip(_possible(rows, protocol), moved.split(**protocol), strict=True):
        for part in PARTS:
            assert _set(rows.ids[getattr(one, part)]) == _set(moved.ids[getattr(other, part)])


@given(st.lists(st.integers(4, 25), min_size=2, max_size=5), protocols())
def test_every_part_is_stratified(sizes: list[int], protocol: dict[str, Any]) -> None:
    rows = table(sizes)
    splits = _possible(rows, protocol)
    tests = np.array([np.bincount(rows.labels[split.test], minlength=len(sizes)) for split in splits])
    for start in range(0, len(splits), protocol["folds"]):
        assert (np.ptp(tests[start : start + protocol["folds"]], axis=0) <= 1).all()
        assert np.ptp(tests[start : start + protocol["folds"]].sum(axis=1)) <= 1
    expected = []
    for split in splits:
        in_train = np.bincount(rows.labels[split.train], minlength=len(sizes))
        labelled = np.concatenate((split.student, split.student_validation))
        chosen = np.bincount(rows.labels[labelled], minlength=len(sizes))
        assert len(labelled) == round(protocol["student_rows"] * len(split.train))
        assert max((chosen - 1) / in_train) <= min(chosen / in_train)
        trained = np.bincount(rows.labels[split.student], minlength=len(sizes))
        assert trained.min() >= 1
        assert max((trained - 1) / chosen) <= min(trained / chosen)
        expected.append(min(round(protocol["validation"] * len(labelled)), len(labelled) - len(sizes)))
    # validation rows in every split, or in none
    assert [len(split.student_validation) for split in splits] == (expected if all(expected) else [0] * len(splits))


@given(tables(), protocols(), st.floats(0.5, 0.99))
def test_fewer_student_rows_are_a_part_of_more(rows: Table, protocol: dict[str, Any], other: float) -> None:
    small, large = sorted((protocol["student_rows"], other))
    few = _possible(rows, {**protocol, "student_rows": small})
    many = _possible(rows, {**protocol, "student_rows": large})
    for one, more in zip(few, many, strict=True):
        assert _set(np.append(one.student, one.student_validation)) <= _set(
            np.append(more.student, more.student_validation)
        )
        assert np.array_equal(one.test, more.test)
        assert np.array_equal(one.teacher, more.teacher)


def test_more_repeats_keep_the_earlier_ones_and_draw_other_folds() -> None:
    rows = table([30, 30])
    once, twice = rows.split(repeats=1), rows.split(repeats=2)
    for one, other in zip(once, twice[: len(once)], strict=True):
        assert all(np.array_equal(getattr(one, part), getattr(other, part)) for part in PARTS)
    assert not any(np.array_equal(one.test, other.test) for one in once for other in twice[len(once) :])


def test_auto_draws_all_repeats_that_there_may_be() -> None:
    rows = table([30, 31])
    few, most = rows.split(repeats="auto", most_repeats=2), rows.split(repeats="auto")
    assert (len(few), len(most)) == (2 * 5, 10 * 5)
    for one, other in zip(rows.split(repeats=10), most, strict=True):
        assert all(np.array_equal(getattr(one, part), getattr(other, part)) for part in PARTS)


def test_another_seed_draws_everything_anew() -> None:
    rows = table([30, 30])
    one, other = rows.split(seed=0, student_rows=0.5)[0], rows.split(seed=1, student_rows=0.5)[0]
    assert not any(np.array_equal(getattr(one, part), getattr(other, part)) for part in PARTS if part != "transfer")


def test_student_and_teacher_have_validation_rows_of_their_own() -> None:
    split = table([50, 50]).split()[0]
    assert len(split.student_validation) == len(split.teacher_validation) == 8
    assert not np.array_equal(split.student_validation, split.teacher_validation)


def test_a_teacher_on_all_rows_is_one_teacher_and_has_seen_the_test_rows() -> None:
    splits = table([40, 40]).split(teacher_rows="all", repeats=2)
    for split in splits:
        assert np.array_equal(split.teacher, splits[0].teacher)
        assert np.array_equal(split.teacher_validation, splits[0].teacher_validation)
        assert len(np.intersect1d(split.teacher, split.test)) > 0
        assert len(split.teacher) == 72
    honest = table([40, 40]).split(teacher_rows="train")
    assert all(len(np.intersect1d(split.teacher, split.test)) == 0 for split in honest)


@pytest.mark.parametrize("part", [0.0, 0.02])
def test_a_fraction_that_comes_to_less_than_half_a_row_leaves_no_validation(part: float) -> None:
    split = table([12, 12]).split(folds=2, validation=part)[0]
    assert len(split.student_validation) == len(split.teacher_validation) == 0
    assert len(split.student) == 12


def test_digits() -> None:
    splits = make_splits(load(Data(source="digits"), 0), Protocol(student_rows=0.2, transfer="train"))
    assert sorted(len(split.test) for split in splits) == [359, 359, 359, 360, 360]
    assert {len(split.student) + len(split.student_validation) for split in splits} == {287, 288}


MESSAGES: list[tuple[list[int], dict[str, Any], type[OverproofError], str]] = [
    ([9, 3], {}, DataError, "class 'lynx' has 3 distinct rows but 5 folds need at least 5"),
    ([9, 1], {"folds": 2}, DataError, "class 'lynx' has 1 distinct row but 2 folds need at least 2"),
    ([9, 0], {"folds": 2}, DataError, "class 'lynx' has 0 distinct rows but 2 folds need at least 2"),
    ([6, 6], {"folds": 20}, StudyError, "protocol.folds = 20 needs at least 20 rows, the data have 12"),
    (
        [100, 100],
        {"student_rows": 0.005},
        StudyError,
        "protocol.student_rows = 0.005 leaves 1 of 160 training rows for 2 classes; use 0.013 or more",
    ),
    (
        [9, 9],
        {"transfer": "train"},
        StudyError,
        'protocol.transfer = "train" has no rows to transfer on with protocol.student_rows = 1; lower student_rows',
    ),
]


@pytest.mark.parametrize(
    ("sizes", "protocol", "kind", "message"), MESSAGES, ids=[message[:30] for *_, message in MESSAGES]
)
def test_impossible_protocols_and_their_messages(
    sizes: list[int], protocol: dict[str, Any], kind: type[OverproofError], message: str
) -> None:
    rows = table(sizes)
    with pytest.raises(kind) as caught:
        make_splits(replace(rows.data(), classes=("cat", "lynx")), Protocol(**protocol))
    assert str(caught.value) == message


def test_the_advised_fraction_works() -> None:
    assert len(table([100, 100]).split(student_rows=0.013, validation=0)[0].student) == 2


def test_repeats_of_one_row_do_not_count_as_distinct() -> None:
    rows = table([10, 10], np.array([*range(10), *[10] * 8, 11, 12]))
    with pytest.raises(DataError, match="class 'class 1' has 3 distinct rows but 5 folds need at least 5"):
        rows.split()
    assert len(rows.split(folds=3)) == 3


@given(st.lists(st.integers(1, 10_000), min_size=1), st.integers(1, 512))
def test_every_split_can_fill_the_steps_of_an_epoch(row_counts: list[int], batch_size: int) -> None:
    steps, batch = steps_per_epoch(row_counts, batch_size)
    assert 1 <= batch <= batch_size
    assert steps >= 1
    assert steps * batch <= min(row_counts) < (steps + 1) * batch


def test_validation_rows_are_in_every_split_or_in_none() -> None:
    rows = table([51, 50])
    splits = rows.split(folds=2, validation=0.01)
    assert {len(split.train) for split in splits} == {50, 51}  # a hundredth is half a row or more in one of them only
    assert [len(split.student_validation) for split in splits] == [0, 0]
    assert [len(split.student) for split in splits] == [len(split.train) for split in splits]


def test_transfer_rows_in_some_splits_only_are_refused() -> None:
    with pytest.raises(StudyError, match="no rows to transfer on in some split"):
        table([60, 60]).split(folds=2, transfer="train", student_rows=0.995)
