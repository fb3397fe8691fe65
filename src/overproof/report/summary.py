"""What every form of the report says: the arms, the comparisons and what they rest on, as rows of text.

Terminal, Markdown and HTML lay these out and escape them; the choice of what is said, and of every number's format, is
made here once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from overproof.report import numbers, words
from overproof.results import DIRECTION, Arm, Comparison, Leak, Result, Results

Value = TypeVar("Value")
Column = tuple[str, Callable[[Arm], str | None]]

#: The order in which metrics are shown after the headline metric.
METRICS = ("accuracy", "balanced_accuracy", "log_loss", "brier", "ece", "agreement")

#: Those worth the room in a narrow table, beside the headline metric.
_SHORT = ("accuracy", "log_loss", "agreement")

#: What stands beside every number of a teacher that may have seen its test rows.
MARKS: dict[Leak, str | None] = {"none": None, "unknown": "leak unknown", "leaking": "leaking"}

#: The same in a sentence.
LEAKS: dict[Leak, str] = {
    "none": "The teacher was tested only on rows it had never seen.",
    "unknown": "Leak status unknown: nobody declared whether the teacher has seen the rows it is tested on. If it has, "
    "its own score is too high, and its soft targets may have told the student about test rows.",
    "leaking": "Leaking teacher: it was trained on the rows it is tested on. Its score is too high, and its soft "
    "targets may have told the student about test rows.",
}


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


def headline_metric(result: Result) -> str:
    """The metric the verdict is about."""
    return result.comparisons[0].metric


def mark(result: Result, arm: Arm) -> str | None:
    """The warning that stands beside the arm's numbers, or None."""
    return MARKS[result.leak] if arm.role == "teacher" else None


def metrics(result: Result) -> list[str]:
    """Every metric that some arm has, the headline metric first."""
    found = {metric for arm in result.arms for metric in arm.scores}
    first = headline_metric(result)
    known = [metric for metric in METRICS if metric in found and metric != first]
    return [first, *known, *sorted(found - {first, *METRICS})]


def short_list(result: Result) -> list[str]:
    """The metrics that fit in a narrow table: the headline metric and up to two that say something else."""
    first, *others = metrics(result)
    return [first, *(metric for metric in others if metric in _SHORT)][:3]


def short_arms_table(results: Results) -> TextTable:
    """One row per arm, narrow: sd for the headline metric only, and no milliseconds."""
    first, *others = short_list(results.result)
    columns = [_spread_column(first), *map(_mean_column, others), *_cost_columns(), _speed_column(results)]
    return _arms_table(results.result, columns)


def scores_table(result: Result) -> TextTable:
    """One row per arm: every metric with its sd."""
    return _arms_table(result, [_spread_column(metric) for metric in metrics(result)])


def costs_table(results: Results) -> TextTable:
    """One row per arm: parameters, size, MACs, latency in milliseconds and speed."""
    latency = results.measured.latency_ms
    milliseconds: Column = "latency", lambda arm: _if_known(numbers.milliseconds, latency.get(arm.name))
    return _arms_table(results.result, [*_cost_columns(), milliseconds, _speed_column(results)])


#: How to read scores and costs.
SCORES_LEGEND = "Mean ± standard deviation over the splits."
COSTS_LEGEND = "Speed is relative to the teacher, one row at a time on one thread."


def legend(results: Results) -> str:
    """How to read :func:`short_arms_table`."""
    return f"{SCORES_LEGEND} {COSTS_LEGEND}" if results.measured.latency_ratio else SCORES_LEGEND


def comparisons_table(result: Result) -> TextTable:
    """One row per comparison: mean difference, its interval, the three probabilities, gap closed, verdict."""
    teacher = MARKS[result.leak]
    headings = (
        "against\nsimple",
        gain(headline_metric(result)),
        "95 % interval",
        "P\nhelps",
        "P\nsame",
        "P\nhurts",
        "gap\nclosed" if teacher is None else f"gap\nclosed,\n{_broken(teacher)}",
        "verdict",
    )
    return TextTable(headings, tuple(_comparison_row(comparison) for comparison in result.comparisons))


def interval(comparison: Comparison) -> str:
    """The 95 % interval, as in ``+0.9 … +3.1``."""
    metric, digits = comparison.metric, digits_of(comparison)
    low, high = (numbers.difference(metric, end, digits) for end in (comparison.low, comparison.high))
    return f"{low} … {high}"


def mean_difference(comparison: Comparison) -> str:
    """The mean difference with its sign, without its unit."""
    return numbers.difference(comparison.metric, comparison.differences.mean, digits_of(comparison))


def gap_closed(comparison: Comparison) -> str | None:
    """Gap closed in percent, or None where the teacher is not better than simple."""
    return None if comparison.gap_closed is None else numbers.percent(comparison.gap_closed, 0)


def unit(metric: str) -> str:
    """The unit of a difference: ``points`` for rates, else the metric's name."""
    return "points" if metric in numbers.RATES else words.metric(metric)


def gain(metric: str) -> str:
    """What a positive difference is counted in, for headings: ``points``, or ``log loss`` and ``lower by``."""
    return f"{_broken(unit(metric))}\nlower by" if DIRECTION.get(metric) == -1 else unit(metric)


def region(comparison: Comparison) -> str:
    """The region of practical equivalence, as in ``±0.5 points``."""
    return f"±{numbers.scale(comparison.metric) * comparison.rope:.3g} {unit(comparison.metric)}"


def digits_of(comparison: Comparison) -> int:
    """Decimals that suit the comparison's interval."""
    return numbers.decimals(
        comparison.metric, (comparison.high - comparison.low) / 2 or abs(comparison.differences.mean)
    )


def outlook(comparison: Comparison) -> str | None:
    """What would settle a comparison that is not settled, or None for one that is."""
    if comparison.verdict != "not settled":
        return None
    if comparison.repeats_needed is None:
        return "only more data can"
    return f"about {comparison.repeats_needed:,} repeats in all"


def splits(result: Result) -> str:
    """How many splits there are, and of what."""
    folds = len({split.fold for split in result.splits})
    repeats = len({split.repeat for split in result.splits})
    return f"{folds} folds" if repeats == 1 else f"{folds} folds × {repeats} repeats"


def basis(result: Result) -> str:
    """What the verdict rests on."""
    first = result.comparisons[0]
    return (
        f"Rests on paired {words.metric(first.metric)} differences over {splits(result)} of {result.data.rows:,} rows: "
        f"Nadeau–Bengio interval, Bayesian correlated t-test. Up to {region(first)} makes no practical difference; "
        f"helps and hurts need a probability above {first.threshold:g}."
    )


def remarks(result: Result) -> list[str]:
    """What a reader should know beside the tables: sentences the verdict has no room for, leak status, notes."""
    sentences = [found.sentence for found in result.comparisons if found.sentence not in result.verdict]
    leak = [] if result.leak == "none" else [LEAKS[result.leak]]
    return [words.line(text) for text in (*sentences, *leak, *result.notes)]


def _arms_table(result: Result, columns: Sequence[Column]) -> TextTable:
    """Columns in which no arm has a value are left out."""
    filled = [(heading, cell) for heading, cell in columns if any(cell(arm) is not None for arm in result.arms)]
    rows = [
        Row(words.line(arm.name), mark(result, arm), tuple(cell(arm) or numbers.MISSING for _, cell in filled))
        for arm in result.arms
    ]
    return TextTable(("arm", *(heading for heading, _ in filled)), tuple(rows))


def _spread_column(metric: str) -> Column:
    return _broken(words.metric(metric)), lambda arm: _if_known(partial(numbers.mean_and_sd, metric), arm.scores.get(metric))


def _mean_column(metric: str) -> Column:
    def cell(arm: Arm) -> str | None:
        spread = arm.scores.get(metric)
        return None if spread is None else numbers.score(metric, spread.mean)

    return _broken(words.metric(metric)), cell


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
        mean_difference(comparison),
        interval(comparison),
        numbers.probability(comparison.p_helps),
        numbers.probability(comparison.p_same),
        numbers.probability(comparison.p_hurts),
        gap_closed(comparison) or numbers.MISSING,
        comparison.verdict,
    )
    return Row(words.line(comparison.arm), None, cells)
