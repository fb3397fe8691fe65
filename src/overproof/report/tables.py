"""The report's tables as rows of text, so that terminal, Markdown and HTML only lay them out and escape them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from overproof.report import numbers, summary, words
from overproof.results import Arm, Attribution, Comparison, Curve, Disagreement, Effect, Result, Results, Spread

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


def kept_table(result: Result) -> TextTable:
    """One row per arm that was trained here: epochs, the one whose weights were kept, and the losses there."""
    columns: list[Column] = [
        ("epochs", lambda arm: numbers.span(len(curve.hard) for curve in arm.curves)),
        ("epoch\nkept", lambda arm: numbers.span(curve.best_epoch + 1 for curve in arm.curves)),
        ("hard loss\nin training", _loss(lambda curve: curve.hard)),
        ("hard loss\nin validation", _loss(lambda curve: curve.validation)),
        ("soft loss\nin training", _loss(lambda curve: curve.soft)),
    ]
    rows = [
        Row(words.line(arm.name), summary.mark(result, arm), tuple(cell(arm) or numbers.MISSING for _, cell in columns))
        for arm in result.arms
        if arm.curves
    ]
    return TextTable(("arm", *(heading for heading, _ in columns)), tuple(rows))


def attribution_table(found: Attribution, beside: Comparison) -> TextTable:
    """One row per control: what it gains over simple, and what the student has beyond it.

    Args:
        found: what the controls say.
        beside: the student's own comparison, whose metric and decimals the table shares.
    """
    student = words.line(found.arm)
    headings = (
        "control",
        f"control − simple, {summary.gain(found.metric)}",
        "95 % interval",
        "P\nbetter",
        f"{student} − control",
        "95 % interval",
        "P\nbetter",
    )
    rows = [
        Row(words.line(each.arm), None, (*effect_cells(each.gain, beside), *effect_cells(each.surplus, beside)))
        for each in found.controls
    ]
    return TextTable(headings, tuple(rows))


def effect_cells(effect: Effect, beside: Comparison) -> tuple[str, str, str]:
    """Mean, interval and P(better), with the decimals of the student's own comparison."""
    digits = summary.digits_of(beside)
    mean, low, high = (
        numbers.difference(beside.metric, value, digits) for value in (effect.differences.mean, effect.low, effect.high)
    )
    return mean, f"{low} … {high}", numbers.probability(effect.p_better)


def fidelity_table(result: Result) -> TextTable:
    """One row per arm but the teacher: how far it says what its teacher says, and who is right where it does not."""

    def count(of: Callable[[Disagreement], int]) -> Callable[[Arm], str | None]:
        return lambda arm: None if arm.disagreement is None else numbers.count(of(arm.disagreement))

    columns: list[Column] = [
        *(_spread_column(metric) for metric in ("teacher_rmse", "agreement", "kl", "mistakes_inherited")),
        ("differs,\nteacher\nright", count(lambda found: found.teacher_right)),
        ("differs,\narm\nright", count(lambda found: found.arm_right)),
        ("differs,\nboth\nwrong", count(lambda found: found.both_wrong)),
    ]
    others = [arm for arm in result.arms if arm.role != "teacher"]
    return _arms_table(result.model_copy(update={"arms": others}), columns)


def calibration_table(result: Result) -> TextTable:
    """One row per arm: how well its confidence fits, before and after temperature scaling, and at which temperature."""

    def scaled(metric: str) -> Callable[[Arm], str | None]:
        def cell(arm: Arm) -> str | None:
            scaling = arm.calibration and arm.calibration.scaling
            return _if_known(partial(numbers.mean_and_sd, metric), scaling.scores.get(metric) if scaling else None)

        return cell

    columns: list[Column] = []
    for metric in ("ece", "ece_equal_mass", "log_loss"):
        heading, cell = _spread_column(metric)
        columns += [(heading, cell), (f"{heading},\nscaled", scaled(metric))]
    return _arms_table(result, [*columns, ("temperature", _temperatures)])


def _temperatures(arm: Arm) -> str | None:
    """Their range over the splits that have one."""
    scaling = arm.calibration and arm.calibration.scaling
    fitted = [each for each in scaling.temperatures if each is not None] if scaling else []
    if not fitted:
        return None
    low, high = numbers.fixed(min(fitted), 2), numbers.fixed(max(fitted), 2)
    return low if low == high else f"{low} … {high}"


def classes_table(result: Result, arm: Arm) -> TextTable:
    """One row per class: rows, every arm's recall, and whose answers changed.

    Args:
        result: gives the classes their names.
        arm: a student whose classes are known.
    """
    found = arm.classes
    if found is None:
        return TextTable((), ())
    headings = ("class", "rows", "teacher", "simple", "student", "change,\npoints", "gained", "lost")
    rows = [
        Row(
            words.line(result.data.classes[place]),
            None,
            (
                numbers.count(found.rows[place]),
                *(_percent(recall[place]) for recall in (found.teacher, found.simple, found.student)),
                _change(found.student[place], found.simple[place]),
                numbers.count(found.gained[place]),
                numbers.count(found.lost[place]),
            ),
        )
        for place in range(len(found.rows))
    ]
    return TextTable(headings, tuple(rows))


def _percent(recall: float | None) -> str:
    return _if_known(numbers.percent, recall) or numbers.MISSING


def _change(student: float | None, simple: float | None) -> str:
    if student is None or simple is None:
        return numbers.MISSING
    return numbers.fixed(100 * (student - simple), 1, sign=True)


def _loss(of: Callable[[Curve], list[float] | None]) -> Callable[[Arm], str | None]:
    """The mean over splits of a loss at the epoch that was kept."""

    def cell(arm: Arm) -> str | None:
        found = [values[curve.best_epoch] for curve in arm.curves if (values := of(curve))]
        return numbers.loss(math.fsum(found) / len(found)) if found else None

    return cell


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
        ("parameters", lambda arm: _if_known(numbers.count, arm.parameters)),
        ("size", lambda arm: _if_known(numbers.size, arm.size)),
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
