"""Whether the data can be split as a study asks for, and what to say where they cannot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overproof.data.dataset import LABELLED, TEST, Dataset
from overproof.data.strata import Rows
from overproof.errors import DataError, StudyError
from overproof.study import Protocol


def check(data: Dataset, groups: NDArray[np.int64], protocol: Protocol) -> None:
    """Refuse what no choice of rows could make possible.

    Args:
        data: all rows.
        groups: rows with the same number stay together [rows].
        protocol: of the study.

    Raises:
        DataError: as :func:`overproof.data.splits.make_splits`, like the other.
        StudyError: when there are too few rows, groups, times or repeats for the protocol.
    """
    if protocol.transfer == "train" and protocol.student_rows == 1:
        raise StudyError(
            'protocol.transfer = "train" has no rows to transfer on with protocol.student_rows = 1; lower student_rows'
        )
    if (data.part == TEST).any():
        _check_official(data, protocol)
    elif data.times is not None:
        _check_times(data.times, data.part == LABELLED, protocol.folds)
    else:
        _check_folds(data, groups, protocol.folds)


def check_left(data: Dataset, train: Rows, repeat: int, fold: int) -> None:
    """Refuse a split that leaves nothing to learn from, or nothing about a class.

    Args:
        data: all rows.
        train: rows that may be learnt from.
        repeat: of the split.
        fold: likewise.

    Raises:
        DataError: when there are no such rows, or none of some class that occurs in the data.
    """
    official = bool((data.part == TEST).any())
    if not len(train):
        if official:
            raise DataError(
                "no training rows are left: every one repeats a row of the official test set, or shares its group"
            )
        raise DataError(
            f"fold {fold} has no training rows left: every row earlier than its test rows repeats one of them, or "
            "shares a group with one (data.groups); leave data.groups or data.time out"
        )
    if data.task not in ("binary", "multiclass"):
        return
    missing = np.setdiff1d(data.labels[data.labels >= 0], data.labels[train])
    if not len(missing):
        return
    name = data.classes[int(missing[0])]
    if official:
        raise DataError(
            f"class {name!r} has rows in the official test set but no training rows; rows that repeat a test row, or "
            "share its group, are not trained on"
        )
    if data.times is not None:
        raise DataError(
            f"class {name!r} has no rows among the {len(train):,} earliest, which fold {fold} is trained on; use "
            "fewer folds, or leave data.time out"
        )
    raise DataError(
        f"class {name!r} has no rows to train on in fold {fold} of repeat {repeat}, as its groups are all tested "
        "there; use another number of folds"
    )


def _check_official(data: Dataset, protocol: Protocol) -> None:
    if data.times is not None:
        raise StudyError(
            "data.time orders folds, and an official test set has none; leave out data.time, or protocol.test"
        )
    if protocol.repeats_in_all < 2:
        raise StudyError(
            "an official test set is tested once in every repeat, each with another seed, and 1 repeat has no spread "
            "to judge by; use protocol.repeats = 5 or more"
        )


def _check_times(times: NDArray[np.float64], labelled: NDArray[np.bool_], folds: int) -> None:
    for rows, of in ((labelled, ""), (~labelled, " without labels")):
        untimed = int((~np.isfinite(times[rows])).sum())
        if untimed:
            raise DataError(f"{untimed:,} of {int(rows.sum()):,} rows{of} have no time, by which data.time orders them")
    moments = len(np.unique(times[labelled]))
    if moments < folds + 1:
        raise StudyError(
            f"protocol.folds = {folds} needs rows of at least {folds + 1} different times, the data have {moments:,}"
        )


def _check_folds(data: Dataset, groups: NDArray[np.int64], folds: int) -> None:
    rows = np.flatnonzero(data.part == LABELLED)
    if folds > len(rows):
        raise StudyError(f"protocol.folds = {folds} needs at least {folds} rows, the data have {len(rows):,}")
    if data.task in ("binary", "multiclass"):
        _check_classes(data, rows, groups, folds)
    apart = len(np.unique(groups[rows]))
    if apart < folds:
        what = "distinct rows" if data.groups is None else "groups that share no row"
        raise StudyError(f"protocol.folds = {folds} needs at least {folds} {what}, the data have {apart:,}")


def _check_classes(data: Dataset, rows: Rows, groups: NDArray[np.int64], folds: int) -> None:
    distinct = np.unique(np.stack((data.labels[rows], groups[rows])), axis=1)
    counts = np.bincount(distinct[0], minlength=len(data.classes))
    rarest = int(counts.argmin())
    if counts[rarest] < folds:
        what = "row" if counts[rarest] == 1 else "rows"
        has = f"{counts[rarest]} distinct {what}"
        if data.groups is not None:
            has = f"rows in {counts[rarest]} {'group' if counts[rarest] == 1 else 'groups'} of data.groups"
        raise DataError(f"class {data.classes[rarest]!r} has {has} but {folds} folds need at least {folds}")
