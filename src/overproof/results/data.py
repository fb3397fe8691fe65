"""The rows that were compared on, and their splits."""

from __future__ import annotations

from overproof.results.record import Record


class DataSummary(Record):
    """The rows that were compared on."""

    name: str
    rows: int
    shape: list[int]
    """Shape of one row's input."""
    classes: list[str]
    """Names of the classes, of the labels, or of the values."""
    task: str = "multiclass"
    """``multiclass``, ``binary``, ``multilabel`` or ``regression``."""
    labelled: int | None = None
    """Rows with a label that may be learnt from; None where nobody counted."""
    unlabelled: int = 0
    """Rows without a label, from which a student learns what its teacher says about them."""
    test: int = 0
    """Rows of an official test set; 0 where the folds are tested on."""
    duplicates: int
    """Rows that repeat an earlier row exactly; they share its fold."""
    digest: str
    """SHA-256 over every row's content and label."""


class SplitSummary(Record):
    """Row counts of one fold."""

    repeat: int
    fold: int
    train: int
    student: int
    transfer: int
    validation: int
    test: int
