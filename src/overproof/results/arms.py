"""One arm: what it is, what it costs, how it learnt and what it scored."""

from __future__ import annotations

from typing import Literal

from overproof.results.record import Record

Role = Literal["teacher", "simple", "student", "control"]


class Spread(Record):
    """A number per split, summarised."""

    mean: float
    sd: float | None
    """Standard deviation over splits (n − 1); None for a single value."""
    values: list[float]
    """In the order of ``Result.splits``."""


class Curve(Record):
    """One member's training, epoch by epoch; losses are means over the epoch's steps, per example."""

    repeat: int
    fold: int
    hard: list[float]
    soft: list[float] | None
    """The method's soft loss, or None for an arm that has no teacher."""
    validation: list[float] | None
    """Hard loss on the validation rows, or None without such rows."""
    best_epoch: int
    """The epoch whose weights were kept, from 0."""


class ReliabilityBin(Record):
    """Rows whose confidence lies in (low, high]: how many, their mean confidence, and the share that is right."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class Scaling(Record):
    """An arm's confidence after its logits were divided by a temperature that fits validation rows."""

    temperatures: list[float | None]
    """For each split; None where the validation rows determine none, and the split is left as it is."""
    scores: dict[str, Spread]
    bins: list[ReliabilityBin]


class Calibration(Record):
    """Whether an arm's confidence is worth what it says; bins are of the first repeat's test rows."""

    bins: list[ReliabilityBin]
    scaling: Scaling | None
    why_unscaled: str | None


class Disagreement(Record):
    """Test rows of the first repeat on which an arm and its teachers name different classes, by who is right."""

    teacher_right: int
    arm_right: int
    both_wrong: int


class Classes(Record):
    """Class by class, over the test rows of the first repeat: how many, each arm's recall, and who gets them right."""

    rows: list[int]
    teacher: list[float | None]
    """None for a class without a test row, as for the other arms."""
    simple: list[float | None]
    student: list[float | None]
    gained: list[int]
    """Rows that the student gets right and simple does not."""
    lost: list[int]


class Arm(Record):
    """Teacher, simple, one of the student arms, or a control beside them."""

    name: str
    role: Role
    model: str
    """What was trained, in words, as in ``cnn(width=4, dropout=0)``."""
    method: str | None
    """As in ``kd(alpha=0.9, temperature=4)``; None for the teacher."""
    parameters: int | None
    """Numbers that training adjusts, or None for a teacher that is no network."""
    macs: int | None
    """Multiply-accumulate operations for one row, or None where they cannot be counted."""
    size: int | None
    """Bytes of the weights as stored, or None for a teacher that is no network."""
    scores: dict[str, Spread]
    """By metric."""
    curves: list[Curve]
    calibration: Calibration | None = None
    disagreement: Disagreement | None = None
    """None for the teacher."""
    classes: Classes | None = None
    """None for all but students."""
