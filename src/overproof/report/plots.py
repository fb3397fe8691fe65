"""The report's plots: static SVG whose colours are CSS variables, so one picture serves light, dark and print.

No text from the results enters a picture: arms are told apart by colour and dashes, named in the HTML around it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import altair as alt
import vl_convert
from markupsafe import Markup

from overproof.report import numbers
from overproof.results import Arm, Comparison, Curve, Result

Loss = Literal["hard", "validation", "soft"]

#: Widths in CSS pixels: for a desk, for a phone, and for one of three beside each other.
_WIDE, _NARROW, _THIRD = 820, 330, 265
#: At most so many points per line; longer trainings are thinned evenly.
_POINTS = 150
#: Student arms beyond this many share colours again.
_COLOURS = 6
_TITLES: dict[Loss, str] = {
    "hard": "Hard loss on training rows",
    "validation": "Hard loss on validation rows",
    "soft": "Soft loss on training rows",
}
_GEOMETRY = re.compile(r' (?:d|transform|x2|y2)="[^"]*"')
_COORDINATE = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_DASHES: dict[str, list[int]] = {"teacher": [2, 3], "simple": [7, 3], "student": [1, 0]}


class Point(NamedTuple):
    """A loss at one epoch (from 1): lowest, mean and highest over the splits that reached it."""

    epoch: int
    low: float
    mean: float
    high: float


class Strip(NamedTuple):
    """The same picture for wide and for narrow screens, so that its text is readable on both."""

    wide: Markup
    narrow: Markup


def strips(result: Result) -> list[Strip]:
    """The differences of every comparison, see :func:`differences`."""
    return [
        Strip(differences(result, comparison, _WIDE), differences(result, comparison, _NARROW))
        for comparison in result.comparisons
    ]


def panels(result: Result) -> list[tuple[str, Markup]]:
    """A title and the curves of every loss that some arm has, see :func:`curves`."""
    drawn = [(title, curves(result, loss, _THIRD)) for loss, title in _TITLES.items()]
    return [(title, picture) for title, picture in drawn if picture is not None]


def colour(result: Result, name: str) -> str:
    """The name of the arm's colour, also a CSS class: ``teacher``, ``simple``, ``student-1``, …, ``student-6``."""
    students = [arm.name for arm in result.arms if arm.role == "student"]
    if name in students:
        return f"student-{students.index(name) % _COLOURS + 1}"
    return next(arm.role for arm in result.arms if arm.name == name)


def differences(result: Result, comparison: Comparison, width: int) -> Markup:
    """Differences to simple of one arm: interval and mean above, one dot per split below, a row for each repeat.

    Args:
        result: gives the arm its colour and all comparisons one common axis.
        comparison: what is drawn.
        width: in CSS pixels.
    """
    scale = numbers.scale(comparison.metric)
    paint = _paint(colour(result, comparison.arm))
    repeats = sorted({split.repeat for split in result.splits})
    lanes = [repeats.index(split.repeat) + 1 for split in result.splits]
    low, high = _domain(result.comparisons)
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[scale * low, scale * high], nice=False, zero=False),
        axis=alt.Axis(title=None, labelExpr="datum.value ? format(datum.value, '+~g') : '0'", tickCount=width // 80),
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-0.9, len(repeats) + 0.7], reverse=True, nice=False), axis=None)
    dots = [{"x": scale * value, "y": lane} for value, lane in zip(comparison.differences.values, lanes, strict=True)]
    interval = [{"x": scale * comparison.low, "x2": scale * comparison.high, "y": 0}]
    mean = [{"x": scale * comparison.differences.mean, "y": 0}]
    layers = [
        _over([{"x": -scale * comparison.rope, "x2": scale * comparison.rope}])
        .mark_rect(color="var(--region)")
        .encode(x=x, x2="x2:Q"),
        _over([{"x": 0}]).mark_rule(color="var(--ink)", strokeWidth=1).encode(x=x),
        _over(dots).mark_circle(color=paint, size=46, opacity=0.6).encode(x=x, y=y),
        _over(interval).mark_rule(color=paint, strokeWidth=3, strokeCap="round").encode(x=x, x2="x2:Q", y=y),
        _over(mean)
        .mark_point(shape="diamond", filled=True, fill=paint, stroke="var(--surface)", strokeWidth=2, size=190)
        .encode(x=x, y=y),
    ]
    return _svg(alt.LayerChart(layer=layers), width=width, height=66 + min(15 * len(repeats), 160))


def curves(result: Result, loss: Loss, width: int) -> Markup | None:
    """One loss of every arm by epoch: the mean over splits, in a band from the lowest to the highest split.

    Where splits stop early, an epoch's mean is over those that reached it.

    Args:
        result: whose arms have curves, or not.
        loss: which one.
        width: in CSS pixels.

    Returns:
        The picture, or None where no arm has such a curve.
    """
    drawn = [arm for arm in result.arms if any(_values(curve, loss) for curve in arm.curves)]
    if not drawn:
        return None
    bands = {arm.name: band(arm, loss) for arm in drawn}
    points = [
        {"arm": index, "role": arm.role, "epoch": epoch, "low": low, "mean": mean, "high": high}
        for index, arm in enumerate(drawn)
        for epoch, low, mean, high in bands[arm.name]
    ]
    paints = [_paint(colour(result, arm.name)) for arm in drawn]
    y = _loss_axis([point for each in bands.values() for point in each])
    base = _over(points).encode(
        x=alt.X(
            "epoch:Q",
            scale=alt.Scale(nice=False, zero=False),
            axis=alt.Axis(title="epoch", tickMinStep=1, tickCount=5, format="d"),
        ),
        color=alt.Color("arm:N", scale=alt.Scale(domain=list(range(len(drawn))), range=paints), legend=None),
    )
    area = base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", **y), y2="high:Q")
    line = base.mark_line(strokeWidth=2, strokeJoin="round").encode(
        y=alt.Y("mean:Q", **y),
        strokeDash=alt.StrokeDash(
            "role:N", scale=alt.Scale(domain=list(_DASHES), range=list(_DASHES.values())), legend=None
        ),
    )
    return _svg(area + line, width=width, height=210)


def band(arm: Arm, loss: Loss) -> list[Point]:
    """The arm's curves of one loss, thinned evenly where they are long; the last epoch stays.

    Args:
        arm: one that has such a curve.
        loss: which one.
    """
    found = [values for curve in arm.curves if (values := _values(curve, loss))]
    longest = max(map(len, found))
    shown = sorted({*range(0, longest, math.ceil(longest / _POINTS)), longest - 1})
    by_epoch = ((epoch, [values[epoch] for values in found if epoch < len(values)]) for epoch in shown)
    return [Point(epoch + 1, min(each), math.fsum(each) / len(each), max(each)) for epoch, each in by_epoch]


def _values(curve: Curve, loss: Loss) -> list[float] | None:
    return {"hard": curve.hard, "validation": curve.validation, "soft": curve.soft}[loss]


def _loss_axis(points: Sequence[Point]) -> dict[str, Any]:
    """Logarithmic where the losses allow it and span more than a factor of ten, so that the end can be read too."""
    low, high = min(point.low for point in points), max(point.high for point in points)
    if low <= 0 or high / low <= 10:
        return {
            "scale": alt.Scale(zero=False, nice=True),
            "axis": alt.Axis(title=None, tickCount=4, format="~g", grid=True),
        }
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 1000 else (1,)
    ticks = [tick for power in powers for step in steps if low <= (tick := float(f"{step}e{power}")) <= high]
    return {
        "scale": alt.Scale(type="log", nice=False, domain=[low, high]),
        "axis": alt.Axis(title=None, values=ticks, format="~g", grid=True),
    }


def _domain(comparisons: Sequence[Comparison]) -> tuple[float, float]:
    """One axis for all comparisons, with zero, the region and every dot inside."""
    ends = [
        end
        for found in comparisons
        for end in (*found.differences.values, found.low, found.high, found.rope, -found.rope, 0.0)
    ]
    margin = 0.04 * (max(ends) - min(ends)) or 1e-3
    return min(ends) - margin, max(ends) + margin


def _paint(name: str) -> str:
    return f"var(--{name})"


def _over(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _svg(chart: alt.LayerChart, width: int, height: int) -> Markup:
    """Drawn by Vega without a browser; nothing is loaded from anywhere."""
    spec = chart.properties(
        width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"), padding=2
    ).configure(
        background="transparent",
        aria=False,
        font="sans-serif",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor="var(--muted)",
            titleColor="var(--muted)",
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            domain=False,
            ticks=False,
            grid=False,
            gridColor="var(--line)",
            labelPadding=6,
            titlePadding=6,
            labelFlush=True,
        ),
    )
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    svg = vl_convert.vegalite_to_svg(spec.to_dict(), vl_version=version, allowed_base_urls=[])
    return Markup(_GEOMETRY.sub(_hundredths, svg))  # noqa: S704  # the only text in it is numbers


def _hundredths(attribute: re.Match[str]) -> str:
    """Coordinates to a hundredth of a pixel: half the bytes, the same picture."""
    return _COORDINATE.sub(lambda number: f"{float(number[0]):.2f}", attribute[0])
