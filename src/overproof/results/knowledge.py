"""What the teacher says beyond the labels, and what the arms say about single rows."""

from __future__ import annotations

from overproof.results.record import Record


class ClassPair(Record):
    """Two classes, as positions in ``DataSummary.classes``: what the teacher gives ``other`` on rows of ``true``."""

    true: int
    other: int
    probability: float


class InformativeRow(Record):
    """A test row that the teacher gets right and says much about."""

    id: str
    label: int
    entropy: float
    """Of the soft target, nats."""
    classes: list[int]
    """The likeliest, up to 5, likeliest first."""
    probabilities: list[float]
    pixels: str | None
    """Base64 of uint8 values, of shape ``DataSummary.shape``; None where rows are no small images."""


class Knowledge(Record):
    """What the teacher says beyond the labels about the test rows of the first repeat, at a temperature."""

    temperature: float
    similarity: list[list[float] | None] | None
    """[true class][class]: mean probability, None for a true class without a test row; None with more than 50
    classes."""
    pairs: list[ClassPair]
    rows: list[InformativeRow]


class Values(Record):
    """What the arms say about some test rows of the first repeat that have values, beside what is true."""

    ids: list[str]
    """Up to 200 rows."""
    targets: list[list[float]]
    """[output][row], of up to 4 outputs."""
    said: dict[str, list[list[float]]]
    """By arm, without the controls: [output][row]."""
