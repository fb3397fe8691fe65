"""What all plots share: how a Vega-Lite specification is put together, and how it looks.

Foreign text enters a specification only as a value in its data, never as a field name, a title or an expression.
Colours are CSS variables, so one picture serves light, dark and print.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from overproof.report import numbers
from overproof.report.colours import colour, paint
from overproof.results import Arm, Result

Spec = dict[str, Any]
Row = dict[str, Any]

#: As in the page's style, so that texts are measured as they are drawn.
FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

#: The look of every plot.
CONFIG: Spec = {
    "background": None,
    "aria": False,
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None, "fill": "transparent"},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "domain": False,
        "ticks": False,
        "grid": False,
        "gridColor": "var(--line)",
        "labelPadding": 6,
        "titlePadding": 6,
        "labelFlush": True,
    },
}

#: Arms that the reader has switched off, by their place in the results.
HIDDEN = "hidden"

#: Drag to move, Ctrl or Alt and the wheel to zoom, double click to see everything again. A finger scrolls the page.
ZOOM: Spec = {
    "name": "zoom",
    "bind": "scales",
    "select": {
        "type": "interval",
        "translate": "[pointerdown[event.pointerType != 'touch'], window:pointerup] > window:pointermove!",
        "zoom": "wheel![event.ctrlKey || event.altKey]",
    },
}


def plot(layers: Sequence[Spec], height: int, rows: Sequence[Row] | None = None) -> Spec:
    """A plot as wide as its place on the page.

    Args:
        layers: drawn over each other in this order.
        height: of the area inside the axes, in CSS pixels.
        rows: the data of layers that have none of their own.
    """
    found: Spec = {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [{"name": HIDDEN, "value": []}],
        "layer": list(layers),
    }
    return found if rows is None else {**found, **_data(rows)}


def layer(rows: Sequence[Row] | None, mark: str, encoding: Spec, **style: Any) -> Spec:
    """Marks of one kind.

    Args:
        rows: the data, or None for those of the plot; those with an ``arm`` disappear when it is switched off.
        mark: Vega-Lite's name of it.
        encoding: which fields place and paint it.
        style: the mark's fixed properties.
    """
    found: Spec = {"mark": {"type": mark, **style}, "encoding": encoding}
    return found if rows is None else {**found, **_data(rows)}


def _data(rows: Sequence[Row]) -> Spec:
    found: Spec = {"data": {"values": list(rows)}}
    if any("arm" in row for row in rows):
        found["transform"] = [{"filter": f"indexof({HIDDEN}, datum.arm) < 0"}]
    return found


def position(field: str, **more: Any) -> Spec:
    """A quantitative channel."""
    return {"field": field, "type": "quantitative", **more}


def difference_axis(metric: str, values: Sequence[float]) -> Spec:
    """The horizontal channel ``x`` of differences in the unit they are shown in, wide enough for all values.

    Args:
        metric: of the differences.
        values: in the metric's own unit, at least one.
    """
    scale, margin = numbers.scale(metric), 0.06 * (max(values) - min(values)) or 1e-3
    ends = [short(scale * (min(values) - margin)), short(scale * (max(values) + margin))]
    return position(
        "x",
        scale={"domain": ends, "nice": False, "zero": False},
        axis={
            "title": None,
            "labelExpr": "datum.value ? format(datum.value, '+,~r') : '0'",
            "tickCount": {"expr": "ceil(width / 90)"},
        },
    )


def arm_colour(result: Result, arms: Sequence[Arm]) -> Spec:
    """The colour channel of rows whose ``arm`` is a place in the results."""
    places = [result.arms.index(arm) for arm in arms]
    paints = [paint(colour(result, arm.name)) for arm in arms]
    return {"field": "arm", "type": "nominal", "scale": {"domain": places, "range": paints}, "legend": None}


#: Numbers on an axis in full, whatever their size, with no more zeros than they need.
PLAIN = "datum.value ? format(datum.value, ',~r') : '0'"

#: What a mark says when it is pointed at: the text in its row.
TIP: Spec = {"field": "tip", "type": "nominal"}


def short(value: float) -> float:
    """Six significant digits: half the bytes, the same picture.

    Example:
        >>> short(0.123456789)
        0.123457
    """
    return float(f"{value:.6g}")
