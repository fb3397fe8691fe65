"""The report's tables as rows of text, so that terminal, Markdown and HTML only lay them out and escape them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from overproof.report import numbers, summary, words
from overproof.results import Arm, Comparison, Result, Results, Spread

Value = TypeVar("Value")
Column = tuple[str, Callable[[Arm], str | None]]


@dataclass(frozen=True)
class Row:
    """One line of a table: a name, a warning beside it, and a cell for every heading."""

    name: str
    mark: str | None
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TextTable:
    """A table of text; the first heading stands above the names. Newlines in headings are where they may break."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def short_arms_table(results: Results) -> TextTable:
    """One row per arm, narrow: sd for the headline metric only, and no milliseconds."""
    first, *others = summary.short_list(results.result)
    columns = [_spread_column(first), *map(_mean_column, others), *_cost_columns(), _speed_column(results)]
    return _arms_table(results.result, columns)


def scores_table(result: Result) -> TextTable:
    """One row per arm: every metric with its sd."""
    return _arms_table(result, [_spread_column(metric) for metric in summary.metrics(result)])


def costs_table(results: Results) -> TextTable:
    """One row per arm: parameters, size, MACs, latency in milliseconds and speed."""
    latency = results.measured.latency_ms
    milliseconds: Column = "latency", lambda arm: _if_known(numbers.milliseconds, latency.get(arm.name))
    return _arms_table(results.result, [*_cost_columns(), milliseconds, _speed_column(results)])


def comparisons_table(result: Result) -> TextTable:
    """One row per comparison: mean difference, its interval, the three probabilities, gap closed, verdict."""
    teacher = summary.MARKS[result.leak]
    headings = (
        "against\nsimple",
        _broken(summary.gain(summary.headline_metric(result))),
        "95 % interval",
        "P\nhelps",
        "P\nsame",
        "P\nhurts",
        "gap\nclosed" if teacher is None else f"gap\nclosed,\n{_broken(teacher)}",
        "verdict",
    )
    return TextTable(headings, tuple(_comparison_row(comparison) for comparison in result.comparisons))


def _arms_table(result: Result, columns: Sequence[Column]) -> TextTable:
    """Columns in which no arm has a value are left out."""
    filled = [(heading, cell) for heading, cell in columns if any(cell(arm) is not None for arm in result.arms)]
    rows = [
        Row(words.line(arm.name), summary.mark(result, arm), tuple(cell(arm) or numbers.MISSING for _, cell in filled))
        for arm in result.arms
    ]
    return TextTable(("arm", *(heading for heading, _ in filled)), tuple(rows))


def _spread_column(metric: str) -> Column:
    form = partial(numbers.mean_and_sd, metric)
    return _broken(words.metric(metric)), lambda arm: _if_known(form, arm.scores.get(metric))


def _mean_column(metric: str) -> Column:
    def form(spread: Spread) -> str:
        return numbers.score(metric, spread.mean)

    return _broken(words.metric(metric)), lambda arm: _if_known(form, arm.scores.get(metric))


def _broken(heading: str) -> str:
    """A heading one word wide."""
    return heading.replace(" ", "\n")


def _cost_columns() -> list[Column]:
    return [
        ("parameters", lambda arm: numbers.count(arm.parameters)),
        ("size", lambda arm: numbers.size(arm.size)),
        ("MACs", lambda arm: _if_known(numbers.count, arm.macs)),
    ]


def _speed_column(results: Results) -> Column:
    return "speed", lambda arm: _if_known(numbers.ratio, results.measured.latency_ratio.get(arm.name))


def _if_known(form: Callable[[Value], str], value: Value | None) -> str | None:
    return None if value is None else form(value)


def _comparison_row(comparison: Comparison) -> Row:
    cells = (
        summary.mean_difference(comparison),
        summary.interval(comparison),
        numbers.probability(comparison.p_helps),
        numbers.probability(comparison.p_same),
        numbers.probability(comparison.p_hurts),
        summary.gap_closed(comparison) or numbers.MISSING,
        comparison.verdict,
    )
    return Row(words.line(comparison.arm), None, cells)
