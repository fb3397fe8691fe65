"""What an arm scores against what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from overproof.report import numbers, words
from overproof.report.colours import colour, paint
from overproof.report.plots.spec import TIP, Row, Spec, layer, plot, position, short
from overproof.results import Arm, Results

_SHAPES = {"teacher": "square", "simple": "triangle-up", "student": "circle"}


class Dot(NamedTuple):
    """An arm as it is drawn."""

    place: int
    """What switches it off: arms and runs are counted from 0."""
    colour: str
    label: str
    arm: Arm
    latency: float | None
    """Milliseconds for one row."""


class Cost(NamedTuple):
    """Something that can be drawn across."""

    name: str
    of: Callable[[Dot], float | None]
    written: Callable[[float], str]


_COSTS = (
    Cost("size in bytes", lambda dot: dot.arm.size, lambda value: numbers.size(round(value))),
    Cost("MACs for one row", lambda dot: dot.arm.macs, lambda value: numbers.count(round(value))),
    Cost("latency in milliseconds", lambda dot: dot.latency, numbers.milliseconds),
    Cost("parameters", lambda dot: dot.arm.parameters, lambda value: numbers.count(round(value))),
)


def dots(results: Results) -> list[Dot]:
    """Every arm of one run but the controls, which cost what the student costs."""
    result, latency = results.result, results.measured.latency_ms
    return [
        Dot(place, colour(result, arm.name), words.line(arm.name), arm, latency.get(arm.name))
        for place, arm in enumerate(result.arms)
        if arm.role != "control"
    ]


def costs(drawn: Sequence[Dot]) -> list[Cost]:
    """The costs that are known of every dot and not nothing, or that at least tell some dots apart.

    A teacher that is no network has no parameters, and often no operations that can be counted.
    """
    return [cost for cost in _COSTS if all(found := [cost.of(dot) for dot in drawn]) or len({*found} - {None, 0}) > 1]


def cost(drawn: Sequence[Dot], metric: str) -> Spec | None:
    """Scores against a cost the reader chooses; the line through a dot is one standard deviation over splits.

    Args:
        drawn: those that have no score on the metric are left out.
        metric: what is drawn upwards.

    Returns:
        The plot, whose signal ``cost`` is the name of the chosen one, without the dots that have none; None where no
        cost tells the arms apart.
    """
    scored = [dot for dot in drawn if metric in dot.arm.scores]
    possible = costs(drawn)
    if not scored or not possible:
        return None
    x = position(
        "x",
        scale={"type": "log", "nice": False, "padding": 28},
        axis={"title": None, "format": "~s", "labelOverlap": True, "tickCount": {"expr": "ceil(width / 120)"}},
    )
    up = {"scale": {"zero": False, "nice": True, "padding": 12}, "axis": {"title": None, "grid": True, "tickCount": 5}}
    colours = {dot.place: paint(dot.colour) for dot in scored}
    painted = {
        "field": "arm",
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "legend": None,
    }
    shape = {
        "field": "role",
        "type": "nominal",
        "scale": {"domain": list(_SHAPES), "range": list(_SHAPES.values())},
        "legend": None,
    }
    whisker = {"x": x, "y": position("low", **up), "y2": {"field": "high"}, "color": painted}
    mean = {"x": x, "y": position("mean", **up), "color": painted, "shape": shape, "tooltip": TIP}
    layers = [
        layer(None, "rule", whisker, strokeWidth=1.5, opacity=0.5),
        layer(None, "point", mean, filled=True, size=130, opacity=1),
    ]
    spec = plot(
        layers, height=220, rows=[_row(metric, dot, each) for each in possible for dot in scored if each.of(dot)]
    )
    spec["params"].append({"name": "cost", "value": possible[0].name})
    spec["transform"].append({"filter": "datum.cost == cost"})
    return spec


def _row(metric: str, dot: Dot, cost: Cost) -> Row:
    value, score, scale = cost.of(dot) or 0.0, dot.arm.scores[metric], numbers.scale(metric)
    sd = score.sd or 0.0
    return {
        "arm": dot.place,
        "role": dot.arm.role,
        "cost": cost.name,
        "x": short(value),
        "mean": short(scale * score.mean),
        "low": short(scale * (score.mean - sd)),
        "high": short(scale * (score.mean + sd)),
        "tip": f"{dot.label}\n{words.metric(metric)} {numbers.mean_and_sd(metric, score)}\n"
        f"{cost.name.partition(' ')[0]} {cost.written(value)}",
    }
