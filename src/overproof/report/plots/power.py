"""Which true differences this comparison could have found."""

from __future__ import annotations

from overproof.report import numbers, summary, words
from overproof.report.plots.spec import PLAIN, TIP, Row, Spec, arm_colour, layer, plot, position, short
from overproof.results import Comparison, Power, Result


def power(result: Result) -> Spec | None:
    """Of every student: how probable it was that a true difference of a size is said to help.

    Returns:
        The plot; None where no comparison says it.
    """
    found = [(each, each.power) for each in result.comparisons if each.power is not None]
    if not found:
        return None
    comparison, _ = found[0]
    names = [arm.name for arm in result.arms]
    arms = [result.arms[names.index(each.arm)] for each, _ in found]
    x = position(
        "x",
        scale={"nice": False, "zero": False},
        axis={
            "title": f"true difference, {summary.gain(comparison.metric)}",
            "labelExpr": PLAIN,
            "tickCount": {"expr": "ceil(width / 90)"},
        },
    )
    y = position(
        "y",
        scale={"domain": [0, 1]},
        axis={
            "title": None,
            "format": ".0%",
            "values": [0, 0.2, 0.4, 0.6, 0.8, 1],
            "grid": True,
            "labelOverlap": False,
        },
    )
    colour = arm_colour(result, arms)
    lines = [row for each, power in found for row in _line(names.index(each.arm), each, power)]
    marks = [_detectable(names.index(each.arm), each, power) for each, power in found]
    rope = numbers.scale(comparison.metric) * comparison.rope
    layers = [
        layer([{"from": 0, "to": short(rope)}], "rect", {"x": {**x, "field": "from"}, "x2": {"field": "to"}},
              color="var(--region)"),
        layer(lines, "line", {"x": x, "y": y, "color": colour}, strokeWidth=2),
        layer(lines, "point", {"x": x, "y": y, "tooltip": TIP}, opacity=0, filled=True, size=140),
        layer(marks, "rule", {"x": x, "y": {**y, "field": "floor"}, "y2": {"field": "y"}, "color": colour},
              strokeDash=[3, 3]),
        layer(marks, "point", {"x": x, "y": y, "fill": colour, "tooltip": TIP}, filled=True, size=90, opacity=1,
              stroke="var(--surface)", strokeWidth=2),
    ]  # fmt: skip
    return plot(layers, height=190)


def _line(place: int, comparison: Comparison, power: Power) -> list[Row]:
    scale, name = numbers.scale(comparison.metric), words.line(comparison.arm)
    digits = summary.digits_of(comparison)
    return [
        {
            "arm": place,
            "x": short(scale * effect),
            "y": short(probability),
            "tip": f"{name}\na true difference of {numbers.difference(comparison.metric, effect, digits)}\n"
            f"is found {numbers.percent(probability, 0)} of the time",
        }
        for effect, probability in zip(power.effects, power.probabilities, strict=True)
    ]


def _detectable(place: int, comparison: Comparison, power: Power) -> Row:
    written = numbers.difference(comparison.metric, power.detectable, summary.digits_of(comparison))
    return {
        "arm": place,
        "x": short(numbers.scale(comparison.metric) * power.detectable),
        "y": 0.8,
        "floor": 0,
        "tip": f"{words.line(comparison.arm)}\nfound four times out of five from {written}",
    }
