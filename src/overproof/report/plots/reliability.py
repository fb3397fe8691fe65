"""Reliability diagrams: is an arm as often right as it says?

DeGroot and Fienberg, The Statistician 32:12–22, 1983.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from overproof.report import numbers, words
from overproof.report.plots.spec import TIP, Row, Spec, arm_colour, layer, plot, position, short
from overproof.results import Arm, ReliabilityBin, Result

When = Literal["before", "after"]

#: What each is called, in the order in which they are shown.
SCALED: dict[When, str] = {"before": "As trained", "after": "After temperature scaling"}


def reliability(result: Result, when: When) -> Spec | None:
    """Share of right answers over mean confidence: a line for each arm but controls, a dot for each bin with rows.

    Args:
        result: whose arms have a calibration, or not.
        when: before temperature scaling, or after it.

    Returns:
        The plot, or None where no arm has such bins.
    """
    drawn = [(arm, found) for arm in result.arms if arm.role != "control" and (found := bins(arm, when))]
    if not drawn:
        return None
    rows = [row for arm, found in drawn for row in _rows(result.arms.index(arm), arm, found)]
    scale = {"domain": [0, 1], "nice": False}
    ticks = [0, 0.25, 0.5, 0.75, 1]
    x = position("x", scale=scale, axis={"title": "confidence", "format": ".0%", "values": ticks, "grid": True})
    y = position("y", scale=scale, axis={"title": "right answers", "format": ".0%", "values": ticks, "grid": True})
    colour = arm_colour(result, [arm for arm, _ in drawn])
    size = {
        "field": "rows",
        "type": "quantitative",
        "scale": {"range": [16, 260], "domainMin": 0},
        "legend": None,
    }
    layers = [
        layer([{"x": 0, "y": 0}, {"x": 1, "y": 1}], "line", {"x": x, "y": y}, color="var(--muted)", strokeWidth=1,
              strokeDash=[2, 3]),
        layer(None, "line", {"x": x, "y": y, "color": colour, "order": {"field": "x"}}, strokeWidth=1.5, opacity=0.4),
        layer(None, "point", {"x": x, "y": y, "color": colour, "size": size, "tooltip": TIP}, filled=True, opacity=0.8),
    ]  # fmt: skip
    return plot(layers, height=230, rows=rows)


def bins(arm: Arm, when: When) -> Sequence[ReliabilityBin]:
    """The arm's bins that hold rows; none where it has no calibration, or was not scaled."""
    if arm.calibration is None or (when == "after" and arm.calibration.scaling is None):
        return []
    scaling = arm.calibration.scaling
    found = scaling.bins if when == "after" and scaling is not None else arm.calibration.bins
    return [each for each in found if each.rows > 0]


def _rows(place: int, arm: Arm, found: Sequence[ReliabilityBin]) -> list[Row]:
    return [
        {
            "arm": place,
            "x": short(each.confidence),
            "y": short(each.accuracy),
            "rows": each.rows,
            "tip": f"{words.line(arm.name)}, {each.rows:,} rows\nsays {numbers.percent(each.confidence)}\n"
            f"is right {numbers.percent(each.accuracy)}",
        }
        for each in found
    ]
