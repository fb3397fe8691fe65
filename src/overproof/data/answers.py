"""What is to be learnt about each row: a class, several labels, or values; and which task that makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from overproof.data.arrays import as_array, place
from overproof.data.labels import as_labels
from overproof.errors import DataError

#: Whole numbers are values, not classes, where more than so many differ and each has fewer rows than so many.
DISTINCT, ROWS_EACH = 100, 20

#: What a cell of text may say of a label.
_YES_OR_NO = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}

#: float32 must keep differences between values to this share of their standard deviation.
_FAITHFUL = 1e-3


class Answers(NamedTuple):
    """What the rows are labelled with."""

    labels: NDArray[Any]
    """Class numbers [rows], int64; or several labels (0 or 1) or values [rows, outputs], float32."""
    names: tuple[str, ...]
    """Of the classes, labels or values."""
    task: str


def as_answers(
    values: Any, task: str = "auto", classes: Sequence[str] | None = None, called: str = "labels"
) -> Answers:
    """Check ``values`` and bring them into the form that the task learns from.

    Args:
        values: [rows], or [rows, outputs] for several labels or values.
        task: as the study says it; ``auto`` looks at the values: :func:`likely_task`.
        classes: names in their order; None takes what the values say.
        called: what messages call them.

    Raises:
        DataError: when they do not fit the task.

    Example:
        >>> as_answers(["cat", "dog", "cat"]).task, as_answers([1.5, 2.25, 3.0]).task
        ('binary', 'regression')
        >>> as_answers([[1, 0], [1, 1], [0, 1]]).names
        ('label 0', 'label 1')
    """
    array = as_array(values, called)
    if array.ndim == 0 or array.size == 0:
        as_labels(array, classes, called)  # says what is wrong with it
    if array.ndim == 2 and array.shape[1] == 1 and task != "multilabel":
        array = array[:, 0]
    if task == "auto":
        task = likely_task(array, called, named=classes is not None and len(classes) > 1)
    if task == "multilabel":
        return Answers(*_several(array, classes, called), task)
    if task == "regression":
        return Answers(*_values(array, classes, called), task)
    numbers, names = as_labels(array, classes, called)
    if task == "binary" and len(names) != 2:
        shown = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
        raise DataError(
            f'{called} has {len(names):,} classes ({shown}), and data.task = "binary" is for two; '
            'say data.task = "multiclass"'
        )
    return Answers(numbers, names, ("binary" if len(names) == 2 else "multiclass") if task == "classes" else task)


def likely_task(array: NDArray[Any], called: str = "labels", *, named: bool = False) -> str:
    """What values look like: ``classes``, ``multilabel`` or ``regression``.

    Text and booleans are classes, and so are whole numbers, unless more than 100 differ and there are fewer than 20
    rows for each. Other numbers are values. Several columns of 0 and 1 are labels, several of other numbers are values.

    Args:
        array: [rows] or [rows, outputs].
        called: what messages call it.
        named: whether there are names of classes; a single column is then classes.

    Raises:
        DataError: when a number is missing.

    Example:
        >>> likely_task(np.array([3, 1, 2])), likely_task(np.array([0.5, 1.0, 2.0]))
        ('classes', 'regression')
    """
    if array.ndim == 2:
        return "multilabel" if _is_yes_or_no(array) else "regression"
    if array.ndim != 1 or named or array.dtype.kind not in "iuf":
        return "classes"
    _check_there(array, called)
    numbers = array.astype(np.float64)
    if (numbers != np.floor(numbers)).any():
        return "regression"
    distinct = len(np.unique(array))
    return "regression" if distinct > DISTINCT and len(array) < ROWS_EACH * distinct else "classes"


def always_alike(answers: Answers) -> tuple[str, ...]:
    """Names of the labels, out of several, that every row has, or none: nothing can be learnt about them.

    Example:
        >>> always_alike(as_answers([[1, 0, 1], [1, 1, 0]]))
        ('label 0',)
    """
    if answers.task != "multilabel":
        return ()
    alike = (answers.labels == answers.labels[0]).all(axis=0)
    return tuple(name for name, same in zip(answers.names, alike.tolist(), strict=True) if same)


def _is_yes_or_no(array: NDArray[Any]) -> bool:
    if array.dtype.kind in "USOT":
        return all(_said(cell) in _YES_OR_NO for cell in array.ravel().tolist())
    return array.dtype.kind == "b" or (array.dtype.kind in "iuf" and bool(((array == 0) | (array == 1)).all()))


def _several(array: NDArray[Any], classes: Sequence[str] | None, called: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Labels [rows, labels], float32, and their names."""
    if array.ndim != 2:
        raise DataError(
            f'{called} has shape {array.shape}, and data.task = "multilabel" needs a column of 0 and 1 for each label; '
            "name the columns"
        )
    on = np.full(array.shape, np.nan)
    if array.dtype.kind in "USOT":
        on = np.array([_YES_OR_NO.get(_said(cell), np.nan) for cell in array.ravel().tolist()]).reshape(array.shape)
    elif array.dtype.kind in "biuf":
        on = array.astype(np.float64)
    wrong = ~((on == 0) | (on == 1))
    if wrong.any():
        at = tuple(int(part) for part in np.argwhere(wrong)[0])
        raise DataError(
            f"{called} {place(at)} is {_shown(array[at])}, which is neither 0 nor 1; several labels are each yes or no"
        )
    names = _names(classes, array.shape[1], "label", called)
    if (on == on[0]).all():
        raise DataError(f"{called} is the same in every row; there is nothing to learn")
    return on.astype(np.float32), names


def _values(array: NDArray[Any], classes: Sequence[str] | None, called: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Values [rows, outputs], float32, and their names."""
    if array.ndim not in (1, 2):
        raise DataError(f"{called} has shape {array.shape}; expected [rows] or [rows, outputs]")
    if array.dtype.kind in "USOT":
        array = _parsed(array, called)
    if array.dtype.kind not in "biuf":
        raise DataError(f'{called} has dtype {array.dtype}; data.task = "regression" needs numbers')
    _check_there(array, called)
    numbers = array.astype(np.float64).reshape(len(array), -1)
    with np.errstate(over="ignore"):
        kept = numbers.astype(np.float32)
    if not np.isfinite(kept).all():
        at = tuple(int(part) for part in np.argwhere(~np.isfinite(kept))[0])
        raise DataError(
            f"{called} {place(at[: array.ndim])} is {numbers[at]:g}, which is too large for float32; divide the target"
        )
    names = _names(classes, numbers.shape[1], "value", called)
    for column, name in enumerate(names):
        which = called if len(names) == 1 else f"{called} {name!r}"
        _check_varied(numbers[:, column], kept[:, column], which)
    return kept, names


def _check_varied(numbers: NDArray[np.float64], kept: NDArray[np.float32], called: str) -> None:
    if (numbers == numbers[0]).all():
        raise DataError(f"{called} is {numbers[0]:g} in every row; there is nothing to learn")
    if np.abs(kept.astype(np.float64) - numbers).max() > _FAITHFUL * np.std(numbers):
        raise DataError(
            f"{called} varies by {np.std(numbers):.3g} around {np.mean(numbers):.6g}, less than float32 can tell; "
            "subtract a constant from the target"
        )


def _parsed(array: NDArray[Any], called: str) -> NDArray[np.float64]:
    """Numbers that were written as text."""
    found = np.empty(array.shape)
    for at, cell in np.ndenumerate(array):
        try:
            found[at] = float(cell)
        except (TypeError, ValueError):
            rule = 'data.task = "regression" needs numbers'
            rule = rule if array.ndim == 1 else "several columns are labels (0 or 1) or values (numbers)"
            raise DataError(f"{called} {place(at)} is {_shown(cell)}, which is no number; {rule}") from None
    return found


def _check_there(array: NDArray[Any], called: str) -> None:
    """Refuse numbers that are missing or infinite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    missing, row = np.isnan(array), tuple(int(part) for part in np.argwhere(~np.isfinite(array))[0])
    if missing.any():
        row, count = (
            tuple(int(part) for part in np.argwhere(missing)[0]),
            int(missing.reshape(len(array), -1).any(1).sum()),
        )
        raise DataError(f"{called} {place(row)} is NaN ({count:,} {'row has' if count == 1 else 'rows have'} no label)")
    raise DataError(f"{called} {place(row)} is {array[row]:g}; labels must be finite")


def _names(classes: Sequence[str] | None, outputs: int, kind: str, called: str) -> tuple[str, ...]:
    if classes is None:
        return (kind,) if outputs == 1 else tuple(f"{kind} {place}" for place in range(outputs))
    names = tuple(classes)
    if len(names) != outputs:
        raise DataError(
            f"{called} has {outputs:,} columns, and {len(names):,} names are given ({', '.join(names[:5])})"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{called} has two columns called {twice!r}; every {kind} needs a name of its own")
    return names


def _said(cell: Any) -> str:
    return (cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)).strip().lower()


def _shown(cell: Any) -> str:
    return repr(cell.item() if isinstance(cell, np.generic) else cell)[:40]
