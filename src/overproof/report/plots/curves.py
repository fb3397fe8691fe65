"""Learning curves: one loss of every arm by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from overproof.report import numbers, words
from overproof.report.plots.spec import TIP, ZOOM, Row, Spec, arm_colour, layer, plot, position, short
from overproof.results import Arm, Curve, Result

Loss = Literal["hard", "validation", "soft"]

#: What each is called, in the order in which they are shown.
LOSSES: dict[Loss, str] = {
    "hard": "Hard loss on training rows",
    "validation": "Hard loss on validation rows",
    "soft": "Soft loss on training rows",
}
#: At most so many points per line; longer trainings are thinned evenly.
_POINTS = 120
_DASHES: dict[str, list[int]] = {"teacher": [2, 3], "simple": [7, 3], "student": [1, 0], "control": [6, 2, 2, 2]}


class Point(NamedTuple):
    """A loss at one epoch (from 1): lowest, mean and highest over the splits that reached it."""

    epoch: int
    low: float
    mean: float
    high: float


def curves(result: Result, loss: Loss) -> Spec | None:
    """One loss of every arm by epoch: the mean over splits, in a band from the lowest to the highest split.

    Where splits stop early, an epoch's mean is over those that reached it.

    Args:
        result: whose arms have curves, or not.
        loss: which one.

    Returns:
        The plot, or None where no arm has such a curve.
    """
    drawn = [arm for arm in result.arms if any(_values(curve, loss) for curve in arm.curves)]
    if not drawn:
        return None
    bands = [(arm, band(arm, loss)) for arm in drawn]
    rows = [row for arm, points in bands for row in _rows(result.arms.index(arm), arm, points)]
    x = position(
        "epoch",
        scale={"nice": False, "zero": False},
        axis={"title": "epoch", "tickMinStep": 1, "tickCount": 5, "format": "d"},
    )
    y = _loss_axis([point for _, points in bands for point in points])
    colour = arm_colour(result, drawn)
    dash = {
        "field": "role",
        "type": "nominal",
        "scale": {"domain": list(_DASHES), "range": list(_DASHES.values())},
        "legend": None,
    }
    area = {"x": x, "y": position("low", **y), "y2": {"field": "high"}, "color": colour}
    line = {"x": x, "y": position("mean", **y), "color": colour, "strokeDash": dash}
    near = {"x": x, "y": position("mean", **y), "tooltip": TIP}
    layers = [
        {**layer(None, "area", area, opacity=0.16, clip=True), "params": [ZOOM]},
        layer(None, "line", line, strokeWidth=2, strokeJoin="round", clip=True),
        # points that cannot be seen, so that a line can be pointed at without hitting it exactly
        layer(None, "point", near, opacity=0, size=160, filled=True, clip=True),
    ]
    return plot(layers, height=190, rows=rows)


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


def _rows(place: int, arm: Arm, points: Sequence[Point]) -> list[Row]:
    name = words.line(arm.name)
    return [
        {
            "arm": place,
            "role": arm.role,
            "epoch": epoch,
            "low": short(low),
            "mean": short(mean),
            "high": short(high),
            "tip": f"{name}, epoch {epoch}\n{numbers.loss(mean)} ({numbers.loss(low)} … {numbers.loss(high)})",
        }
        for epoch, low, mean, high in points
    ]


def _loss_axis(points: Sequence[Point]) -> Spec:
    """Logarithmic where the losses allow it and span more than a factor of ten, so that the end can be read too."""
    low, high = min(point.low for point in points), max(point.high for point in points)
    axis = {"title": None, "format": "~g", "grid": True}
    if low <= 0 or high / low <= 10:
        return {"scale": {"zero": False, "nice": True}, "axis": {**axis, "tickCount": 4}}
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 1000 else (1,)
    ticks = [float(f"{step}e{power}") for power in powers for step in steps]
    scale = {"type": "log", "nice": False, "domain": [short(low), short(high)]}
    return {"scale": scale, "axis": {**axis, "values": ticks}}
