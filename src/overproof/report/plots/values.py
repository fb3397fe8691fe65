"""What the arms say about single rows against what is true."""

from __future__ import annotations

from overproof.report import numbers, words
from overproof.report.plots.spec import PLAIN, TIP, Row, Spec, arm_colour, layer, plot, position, short
from overproof.results import Arm, Result, Values


def values(result: Result, output: int) -> Spec | None:
    """A dot for each arm and row: on the dotted line it says what is true.

    Args:
        result: holds what was said about some rows, or not.
        output: which value, from 0.

    Returns:
        The plot, or None.
    """
    found = result.values
    if found is None or output >= len(found.targets) or not found.ids:
        return None
    arms = [arm for arm in result.arms if arm.name in found.said]
    rows = [row for arm in arms for row in _rows(result.arms.index(arm), arm, found, output)]
    ends = [end for row in rows for end in (row["x"], row["y"])]
    low, high = min(ends), max(ends)
    scale = {"domain": [short(low), short(high)], "nice": True, "zero": False}
    axis = {"labelExpr": PLAIN, "grid": True, "tickCount": 4, "labelOverlap": True}
    x = position("x", scale=scale, axis={**axis, "title": "true value", "tickCount": {"expr": "ceil(width / 90)"}})
    y = position("y", scale=scale, axis={**axis, "title": None})
    colour = arm_colour(result, arms)
    layers = [
        layer([{"x": low, "y": low}, {"x": high, "y": high}], "line", {"x": x, "y": y}, color="var(--muted)",
              strokeWidth=1, strokeDash=[2, 3]),
        layer(rows, "circle", {"x": x, "y": y, "color": colour, "tooltip": TIP}, size=26, opacity=0.55),
    ]  # fmt: skip
    return plot(layers, height=260)


def _rows(place: int, arm: Arm, found: Values, output: int) -> list[Row]:
    name = words.line(arm.name)
    return [
        {
            "arm": place,
            "x": short(true),
            "y": short(said),
            "tip": f"{name}, row {words.line(row)}\nsays {numbers.in_figures(said)}\nis {numbers.in_figures(true)}",
        }
        for row, true, said in zip(found.ids, found.targets[output], found.said[arm.name][output], strict=True)
    ]
