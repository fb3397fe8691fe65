"""Who may learn from which rows: repeated stratified cross-validation for teacher, student and simple.

Everything is decided by the seed and the rows' ids: a file in another order, a study with more repeats, or a student
with more rows keeps every earlier choice. Duplicates stay on one side of every border drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.data.folds import assign_folds
from overproof.data.strata import Rows, Strata
from overproof.errors import DataError, StudyError
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
    student: Rows
    """Labelled rows that student and simple are trained on."""
    student_validation: Rows
    """Out of the student rows; empty in all splits where ``protocol.validation`` is less than half a row in one."""
    transfer: Rows
    """Training rows whose labels the student may not use; empty unless ``protocol.transfer = "train"``."""
    teacher: Rows
    """Rows the teacher is trained on. With ``teacher_rows = "all"``, the same in every split, test rows included."""
    teacher_validation: Rows

    @property
    def train(self) -> Rows:
        """All rows that are not tested on."""
        return np.setdiff1d(np.concatenate((self.teacher, self.teacher_validation)), self.test)


def make_splits(
    labels: NDArray[np.int64],
    ids: NDArray[np.uint64],
    groups: NDArray[np.int64],
    protocol: Protocol,
    classes: Sequence[str],
) -> list[Split]:
    """Draw every split that a study may come to.

    Args:
        labels: class numbers [rows].
        ids: row ids [rows].
        groups: the same number for duplicates [rows], from :func:`overproof.data.duplicates.duplicate_groups`.
        protocol: folds, repeats, seed and fractions.
        classes: class names, for messages.

    Returns:
        ``repeats × folds`` splits, ordered by repeat, then fold. With ``repeats = "auto"`` there are ``most_repeats``:
        what holds for all splits, such as having validation rows, must not depend on where it ends.

    Raises:
        DataError: when a class has fewer distinct rows than there are folds.
        StudyError: when the protocol asks for more folds than rows, leaves the student fewer rows than classes, or
            leaves none to transfer on.

    Example:
        >>> rows, protocol = np.arange(40), Protocol(folds=4, student_rows=0.2)
        >>> splits = make_splits(rows % 2, rows.astype(np.uint64), rows, protocol, ["a", "b"])
        >>> [(len(split.test), len(split.train), len(split.student)) for split in splits]
        [(10, 30, 5), (10, 30, 5), (10, 30, 5), (10, 30, 5)]
    """
    _check_classes(labels, groups, protocol.folds, classes)
    if protocol.transfer == "train" and protocol.student_rows == 1:
        raise StudyError(
            'protocol.transfer = "train" has no rows to transfer on with protocol.student_rows = 1; lower student_rows'
        )
    strata = Strata(labels, ids, groups)
    splits = []
    for repeat in range(protocol.repeats_in_all):
        fold_of = assign_folds(strata, protocol.folds, key(protocol.seed, "folds", repeat))
        splits += [_split(strata, fold_of, repeat, fold, protocol) for fold in range(protocol.folds)]
    if protocol.transfer == "train" and not all(len(split.transfer) for split in splits):
        raise StudyError(
            f'protocol.transfer = "train" has no rows to transfer on in some split with protocol.student_rows = '
            f"{protocol.student_rows:g}; lower student_rows"
        )
    return _validated_alike(splits)


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


def _split(strata: Strata, fold_of: NDArray[np.int64], repeat: int, fold: int, protocol: Protocol) -> Split:
    seed = protocol.seed
    test, train = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
    labelled, others = strata.divide(
        train, _student_count(strata, train, protocol), key(seed, "student rows", repeat, fold)
    )
    student, student_validation = _hold_out(strata, labelled, protocol, key(seed, "student validation", repeat, fold))
    if protocol.teacher_rows == "all":  # one teacher for all splits
        teacher_rows, teacher_key = np.arange(len(fold_of)), key(seed, "teacher validation")
    else:
        teacher_rows, teacher_key = train, key(seed, "teacher validation", repeat, fold)
    teacher, teacher_validation = _hold_out(strata, teacher_rows, protocol, teacher_key)
    transfer = others if protocol.transfer == "train" else others[:0]
    return Split(repeat, fold, test, student, student_validation, transfer, teacher, teacher_validation)


def _student_count(strata: Strata, train: Rows, protocol: Protocol) -> int:
    count, classes = round(protocol.student_rows * len(train)), strata.classes(train)
    if count < classes:
        enough = math.ceil(1000 * classes / len(train)) / 1000
        raise StudyError(
            f"protocol.student_rows = {protocol.student_rows:g} leaves {count} of {len(train):,} training rows for "
            f"{classes} classes; use {enough:g} or more"
        )
    return count


def _hold_out(strata: Strata, rows: Rows, protocol: Protocol, a_key: int) -> tuple[Rows, Rows]:
    """Rows to train on, and validation rows; training keeps at least one row of each class."""
    validation = min(round(protocol.validation * len(rows)), len(rows) - strata.classes(rows))
    return strata.divide(rows, len(rows) - validation, a_key)


def _check_classes(labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, classes: Sequence[str]) -> None:
    if folds > len(labels):
        raise StudyError(f"protocol.folds = {folds} needs at least {folds} rows, the data have {len(labels):,}")
    distinct = np.unique(np.stack((labels, groups)), axis=1)
    counts = np.bincount(distinct[0], minlength=len(classes))
    rarest = int(counts.argmin())
    if counts[rarest] < folds:
        rows = "row" if counts[rarest] == 1 else "rows"
        raise DataError(
            f"class {classes[rarest]!r} has {counts[rarest]} distinct {rows} but {folds} folds need at least {folds}"
        )
