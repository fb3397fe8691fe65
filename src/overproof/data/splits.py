"""Who may learn from which rows: the splits of a study, for teacher, student and simple.

There are three kinds. Repeated stratified cross-validation is the rule; rows with times are tested on in blocks, by
models that saw earlier rows only; and an official test set is the only test there is. Everything is decided by the seed
and the rows' ids: a file in another order, a study with more repeats, a student with more rows, or more rows without
labels keep every earlier choice. Rows that repeat one another, and rows of one group, stay on one side of every border
drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import LABELLED, TEST, UNLABELLED, Dataset
from overproof.data.duplicates import duplicate_groups
from overproof.data.folds import assign_folds
from overproof.data.possible import check, check_left
from overproof.data.strata import Rows, Strata, strata_of
from overproof.data.windows import blocks
from overproof.errors import StudyError
from overproof.randomness import key
from overproof.study import Protocol


@dataclass(frozen=True, eq=False)
class Split:
    """One fold's rows, as ascending positions in the data set.

    ``test``, ``student``, ``student_validation`` and ``transfer`` are disjoint, and so are ``teacher`` and
    ``teacher_validation``.
    """

    repeat: int
    fold: int
    test: Rows
    """Touched once, to evaluate."""
    train: Rows
    """Labelled rows that somebody may learn from who is tested here: not tested on, nor of the group of one that is."""
    student: Rows
    """Labelled rows that student and simple are trained on."""
    student_validation: Rows
    """Out of the student rows; empty in all splits where ``protocol.validation`` is less than half a row in one."""
    transfer: Rows
    """Rows that the student learns from without their labels: those that have none, and with ``protocol.transfer =
    "train"`` the training rows whose labels it may not use."""
    teacher: Rows
    """Rows the teacher is trained on. With ``teacher_rows = "all"``, the same in every split, test rows included."""
    teacher_validation: Rows


def make_splits(data: Dataset, protocol: Protocol) -> list[Split]:
    """Draw every split that a study may come to.

    Args:
        data: its groups, times and parts decide which kind of splits these are.
        protocol: folds, repeats, seed and fractions.

    Returns:
        ``repeats × folds`` splits, ordered by repeat, then fold; one for each repeat with an official test set. With
        ``repeats = "auto"`` there are ``most_repeats``: what holds for all splits, such as having validation rows, must
        not depend on where it ends.

    Raises:
        DataError: when a class has fewer distinct rows than there are folds, rows have no time, or no training rows (or
            none of a class) are left in some split.
        StudyError: when the protocol asks for more folds than rows, groups or times, leaves the student fewer rows than
            classes, or leaves none to transfer on.

    Example:
        >>> from overproof.data.dataset import from_arrays
        >>> data = from_arrays(np.arange(40.0)[:, None], [0, 1] * 20, "forty")
        >>> splits = make_splits(data, Protocol(folds=4, student_rows=0.2))
        >>> [(len(split.test), len(split.train), len(split.student)) for split in splits]
        [(10, 30, 5), (10, 30, 5), (10, 30, 5), (10, 30, 5)]
    """
    drawing = _Drawing(data, duplicate_groups(data), protocol)
    check(data, drawing.groups, protocol)
    splits = [drawing.split(*border) for border in drawing.borders()]
    if protocol.transfer == "train" and not all(len(np.intersect1d(each.transfer, each.train)) for each in splits):
        raise StudyError(
            f'protocol.transfer = "train" has no rows to transfer on in some split with protocol.student_rows = '
            f"{protocol.student_rows:g}; lower student_rows"
        )
    if len(drawing.unlabelled) and not all(len(each.transfer) for each in splits):
        when = ", or are not earlier than these" if data.times is not None else ""
        raise StudyError(
            f"in some split none of the {len(drawing.unlabelled):,} unlabelled rows is left to learn from: all of them "
            f"repeat its test or validation rows, or share their groups{when}; leave data.unlabelled out"
        )
    return _validated_alike(splits)


def whole_split(data: Dataset, protocol: Protocol) -> Split:
    """The split that tests nothing: everybody may learn from every labelled row, for a student that is to be used.

    Args:
        data: rows of an official test set are left out, as they are everywhere else.
        protocol: seed and fractions; all labelled rows are the student's.
    """
    everything = protocol.model_copy(update={"student_rows": 1.0, "transfer": "none", "teacher_rows": "train"})
    drawing = _Drawing(data, duplicate_groups(data), everything)
    labelled = np.flatnonzero(data.part[drawing.known] == LABELLED)
    return drawing.split(0, 0, labelled[:0], labelled)


@dataclass(frozen=True, eq=False)
class _Drawing:
    """What the splits of a study are drawn from.

    ``known`` rows have labels. Whatever is chosen among them is chosen as positions in ``known``, as if there were no
    other rows; the others come in last, and change nothing.
    """

    data: Dataset
    groups: NDArray[np.int64]
    """Rows of the data set with the same number stay together."""
    protocol: Protocol

    @cached_property
    def known(self) -> Rows:
        """Labelled rows and those of an official test set."""
        return np.flatnonzero(self.data.part != UNLABELLED)

    @cached_property
    def unlabelled(self) -> Rows:
        return np.flatnonzero(self.data.part == UNLABELLED)

    @cached_property
    def strata(self) -> Strata:
        together = np.unique(self.groups[self.known], return_inverse=True)[1]
        labels = strata_of(self.data.labels[self.known], self.data.task)
        return Strata(labels, self.data.ids[self.known], together, self.data.task in ("binary", "multiclass"))

    def borders(self) -> Iterator[tuple[int, int, Rows, Rows]]:
        """Repeat, fold, and the positions in ``known`` of test rows and of rows that may be learnt from."""
        parts, folds = self.data.part[self.known], self.protocol.folds
        for repeat in range(self.protocol.repeats_in_all):
            if (parts == TEST).any():
                yield repeat, 0, *self._apart(np.flatnonzero(parts == TEST), np.flatnonzero(parts == LABELLED))
            elif self.data.times is not None:
                block_of = blocks(self.data.times[self.known], folds + 1)
                for fold in range(folds):
                    earlier = np.flatnonzero(block_of <= fold)
                    yield repeat, fold, *self._apart(np.flatnonzero(block_of == fold + 1), earlier)
            else:
                fold_of = assign_folds(self.strata, folds, key(self.protocol.seed, "folds", repeat))
                for fold in range(folds):
                    yield repeat, fold, np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)

    def _apart(self, test: Rows, others: Rows) -> tuple[Rows, Rows]:
        """Test rows, and of the others those that are of no test row's group."""
        groups = self.strata.groups
        return test, others[~np.isin(groups[others], groups[test])]

    def split(self, repeat: int, fold: int, test: Rows, train: Rows) -> Split:
        """Choose everybody's rows, and name them by their positions in the data set."""
        check_left(self.data, self.known[train], repeat, fold)
        strata, protocol, seed = self.strata, self.protocol, self.protocol.seed
        labelled, others = strata.divide(
            train, _student_count(strata, train, protocol), key(seed, "student rows", repeat, fold)
        )
        student, student_validation = _hold_out(
            strata, labelled, protocol, key(seed, "student validation", repeat, fold)
        )
        if protocol.teacher_rows == "all":  # one teacher for all splits
            teacher_rows, teacher_key = np.arange(len(self.known)), key(seed, "teacher validation")
        else:
            teacher_rows, teacher_key = train, key(seed, "teacher validation", repeat, fold)
        teacher, teacher_validation = _hold_out(strata, teacher_rows, protocol, teacher_key)
        transfer = others if protocol.transfer == "train" else others[:0]
        chosen = (test, train, student, student_validation, transfer, teacher, teacher_validation)
        test, train, student, student_validation, transfer, *teachers = (self.known[rows] for rows in chosen)
        transfer = np.sort(np.concatenate((transfer, self._harmless(test, student_validation))))
        return Split(repeat, fold, test, train, student, student_validation, transfer, *teachers)

    def _harmless(self, test: Rows, validation: Rows) -> Rows:
        """Unlabelled rows that give nothing away: of no test or validation row's group, and earlier than test rows."""
        kept_out = np.concatenate((test, validation))
        rows: Rows = self.unlabelled[~np.isin(self.groups[self.unlabelled], self.groups[kept_out])]
        if self.data.times is None or not len(test):
            return rows
        earlier: NDArray[np.bool_] = self.data.times[rows] < self.data.times[test].min()
        return np.asarray(rows[earlier], dtype=np.int64)


def _validated_alike(splits: Sequence[Split]) -> list[Split]:
    """Validation rows in every split or in none: all members must choose their epoch in the same way."""
    for name in ("student", "teacher"):
        kept_out = f"{name}_validation"
        if not all(len(getattr(split, kept_out)) for split in splits):
            splits = [replace(split, **_trained_on_all(split, name, kept_out)) for split in splits]
    return list(splits)


def _trained_on_all(split: Split, name: str, kept_out: str) -> dict[str, Any]:
    """The rows of student or teacher when its validation rows are trained on, too."""
    rows = getattr(split, kept_out)
    return {name: np.union1d(getattr(split, name), rows), kept_out: rows[:0]}


def steps_per_epoch(row_counts: Sequence[int], batch_size: int) -> tuple[int, int]:
    """Steps and batch that every split of a study takes in one epoch, whatever its size (lockstep).

    Args:
        row_counts: rows trained on in each split; at least one split, at least one row each.
        batch_size: the study's.

    Returns:
        Steps, and rows per batch: ``batch = min(batch_size, smallest)``, ``steps = ⌊smallest / batch⌋``.

    Example:
        >>> steps_per_epoch([1294, 1293], 64), steps_per_epoch([40, 41], 64)
        ((20, 64), (1, 40))
    """
    smallest = min(row_counts)
    batch = min(batch_size, smallest)
    return smallest // batch, batch


def _student_count(strata: Strata, train: Rows, protocol: Protocol) -> int:
    count = round(protocol.student_rows * len(train))
    needed = strata.classes(train) if strata.needed else 1
    if count < needed:
        enough, what = math.ceil(1000 * needed / len(train)) / 1000, f" for {needed} classes" if strata.needed else ""
        raise StudyError(
            f"protocol.student_rows = {protocol.student_rows:g} leaves {count} of {len(train):,} training rows{what}; "
            f"use {enough:g} or more"
        )
    return count


def _hold_out(strata: Strata, rows: Rows, protocol: Protocol, a_key: int) -> tuple[Rows, Rows]:
    """Rows to train on, and validation rows; training keeps at least one row of each class."""
    needed = strata.classes(rows) if strata.needed else 1
    validation = min(round(protocol.validation * len(rows)), len(rows) - needed)
    return strata.divide(rows, len(rows) - validation, a_key)
