"""Several differences on one axis, one below the other: intervals, means, and the region of no practical difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from overproof.report import numbers, summary, tables, words
from overproof.report.colours import colour, paint
from overproof.report.plots.spec import TIP, Row, Spec, difference_axis, layer, plot, short
from overproof.results import Comparison, Effect, Result

_LINE = 40
#: How far the axis of controls reaches, in units of the student's own interval.
_REACH = 2.5


class Line(NamedTuple):
    """One difference, in the metric's own unit."""

    place: int
    """What switches it off: arms and runs are counted from 0."""
    colour: str
    label: str
    shown: str
    """The mean as it is written."""
    mean: float
    low: float
    high: float
    tip: str


def forest(lines: Sequence[Line], metric: str, rope: float, reach: float = math.inf) -> Spec:
    """Every difference under its name and its mean.

    Args:
        lines: at least one.
        metric: of all of them.
        rope: the region's half width, in the metric's own unit.
        reach: the axis shows no more than this on either side of zero, so that one line cannot flatten all others.
    """
    scale = numbers.scale(metric)
    values = [value for line in lines for value in (line.low, line.high, line.mean, rope, -rope, 0.0)]
    x = difference_axis(metric, [max(-reach, min(reach, value)) for value in values])
    places = list(range(len(lines)))
    y = {"field": "line", "type": "ordinal", "scale": {"domain": places}, "axis": None}
    kinds = {f"{line.place} {line.colour}": paint(line.colour) for line in lines}
    painted = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(kinds), "range": list(kinds.values())},
        "legend": None,
    }
    rows = [_row(place, line, scale) for place, line in enumerate(lines)]
    region = [{"x": short(-scale * rope), "x2": short(scale * rope)}]
    ends = {"x": x, "x2": {"field": "x2"}, "y": y, "color": painted, "tooltip": TIP}
    mean = {"x": {**x, "field": "mean"}, "y": y, "fill": painted, "tooltip": TIP}
    label = {"x": {"value": 0}, "y": y, "text": {"field": "label", "type": "nominal"}}
    layers = [
        layer(region, "rect", {"x": x, "x2": {"field": "x2"}}, color="var(--region)"),
        layer([{"x": 0}], "rule", {"x": x}, color="var(--muted)", strokeWidth=1),
        layer(rows, "rule", ends, strokeWidth=3, strokeCap="round", yOffset=7, clip=True),
        layer(rows, "point", mean, shape="diamond", filled=True, stroke="var(--surface)", strokeWidth=2, size=190,
              opacity=1, yOffset=7, clip=True),
        layer(rows, "text", label, align="left", dy=-10, color="var(--ink)", fontSize=12, limit=320),
    ]  # fmt: skip
    return plot(layers, height=_LINE * len(lines))


def of_comparison(place: int, colour: str, label: str, found: Comparison) -> Line:
    """A student against simple as a line."""
    tip = (
        f"{label}: {found.verdict}\nmean {summary.mean_difference(found)} {summary.gain(found.metric)}\n"
        f"95 % interval {summary.interval(found)}"
    )
    return Line(
        place, colour, label, summary.mean_difference(found), found.differences.mean, found.low, found.high, tip
    )


def attribution(result: Result) -> Spec | None:
    """What each control gains over simple, and what the student has beyond it; None without controls."""
    found = result.attribution
    if found is None or not found.controls:
        return None
    student = next(each for each in result.comparisons if each.arm == found.arm)
    arms = [arm.name for arm in result.arms]
    first = of_comparison(
        arms.index(found.arm), colour(result, found.arm), f"{words.line(found.arm)} − simple", student
    )
    lines = [first]
    for control in found.controls:
        name, place = words.line(control.arm), arms.index(control.arm)
        lines += [
            _of_effect(place, colour(result, control.arm), f"{name} − simple", control.gain, student),
            _of_effect(place, colour(result, found.arm), f"{words.line(found.arm)} − {name}", control.surplus, student),
        ]
    reach = _REACH * max(abs(student.low), abs(student.high), student.rope)
    return forest(lines, found.metric, student.rope, reach)


def _of_effect(place: int, colour: str, label: str, effect: Effect, beside: Comparison) -> Line:
    mean, interval, p_better = tables.effect_cells(effect, beside)
    tip = f"{label}\nmean {mean} {summary.gain(beside.metric)}\n95 % interval {interval}\nP(better) {p_better}"
    return Line(place, colour, label, mean, effect.differences.mean, effect.low, effect.high, tip)


def _row(place: int, line: Line, scale: float) -> Row:
    return {
        "arm": line.place,
        "kind": f"{line.place} {line.colour}",
        "line": place,
        "label": f"{line.label}  {line.shown}",
        "x": short(scale * line.low),
        "x2": short(scale * line.high),
        "mean": short(scale * line.mean),
        "tip": line.tip,
    }
