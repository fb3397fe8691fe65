"""What the teacher says beyond the labels, in words and pictures."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from overproof.report import numbers, words
from overproof.report.pictures import picture
from overproof.results import DataSummary, InformativeRow, Result


class TellingRow(NamedTuple):
    """A row whose soft target says much."""

    picture: Markup | None
    """The address of a picture of it, where it is one."""
    label: str
    said: list[tuple[str, str, str]]
    """The likeliest classes: name, probability in words, and in percent as a bar's width."""


def rows(result: Result) -> list[TellingRow]:
    """The rows the teacher says most about; none where that is not known."""
    return [] if result.knowledge is None else [_telling(result.data, row) for row in result.knowledge.rows]


def pairs(result: Result) -> list[str]:
    """The classes the teacher finds most alike, one sentence each; none where that is not known."""
    found = [] if result.knowledge is None else result.knowledge.pairs
    return [
        f"rows of {_name(result.data, pair.true)}: {numbers.percent(pair.probability, 2)} for "
        f"{_name(result.data, pair.other)}"
        for pair in found
    ]


def _telling(data: DataSummary, row: InformativeRow) -> TellingRow:
    said = [
        (_name(data, place), numbers.percent(probability), f"{100 * probability:.1f}")
        for place, probability in zip(row.classes, row.probabilities, strict=True)
    ]
    return TellingRow(picture(row.pixels, data.shape), _name(data, row.label), said)


def _name(data: DataSummary, place: int) -> str:
    return words.line(data.classes[place])
