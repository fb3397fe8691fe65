"""Class by class: whom the teacher's help helped."""

from __future__ import annotations

from overproof.report import numbers, words
from overproof.report.colours import colour, paint
from overproof.report.plots.spec import TIP, Row, Spec, difference_axis, layer, plot, short
from overproof.results import Arm, Classes, DataSummary, Result

#: At most so many classes are drawn: those that changed most. The table holds them all.
MOST = 30
_LINE = 26


def classes(result: Result, arm: Arm) -> Spec | None:
    """The student's recall minus simple's, a bar for each class.

    Args:
        result: gives the classes their names and the arm its colour.
        arm: a student, whose classes are known or not.

    Returns:
        The plot, or None.
    """
    found = arm.classes
    if found is None or not found.rows:
        return None
    tested = [index for index, rows in enumerate(found.rows) if rows]
    shown = sorted(tested, key=lambda index: -abs(change(found, index)))[:MOST]
    rows = [_row(result.data, found, index) for index in sorted(shown)]
    x = difference_axis("accuracy", [0.0, *(change(found, index) for index in shown)])
    y = {
        "field": "class",
        "type": "ordinal",
        "scale": {"domain": [row["class"] for row in rows]},
        "axis": None,
    }
    label = {"x": {"value": -8}, "y": y, "text": {"field": "name", "type": "nominal"}}
    layers = [
        layer([{"x": 0}], "rule", {"x": x}, color="var(--muted)", strokeWidth=1),
        layer(rows, "bar", {"x": {**x, "field": "change"}, "x2": {"datum": 0}, "y": y, "tooltip": TIP},
              color=paint(colour(result, arm.name)), height=12, opacity=0.75, cornerRadius=2),
        layer(rows, "text", label, align="right", color="var(--ink)", fontSize=12, limit=110),
    ]  # fmt: skip
    return plot(layers, height=_LINE * len(rows))


def change(found: Classes, index: int) -> float:
    """The student's recall minus simple's in one class; 0 where it has no rows."""
    return (found.student[index] or 0.0) - (found.simple[index] or 0.0)


def _row(data: DataSummary, found: Classes, index: int) -> Row:
    name = words.line(data.classes[index])
    recalls = ", ".join(
        f"{who} {numbers.percent(values[index] or 0.0)}"
        for who, values in (("teacher", found.teacher), ("simple", found.simple), ("student", found.student))
    )
    return {
        "class": index,
        "name": name,
        "change": short(100 * change(found, index)),
        "tip": f"{name}: {numbers.fixed(100 * change(found, index), 1, sign=True)} points\n{recalls}\n"
        f"{found.gained[index]:,} rows gained, {found.lost[index]:,} lost, of {found.rows[index]:,}",
    }
