"""Which classes the teacher finds alike."""

from __future__ import annotations

from collections.abc import Sequence

from overproof.report import numbers, words
from overproof.report.plots.spec import TIP, Row, Spec, layer, plot, short
from overproof.results import Knowledge, Result

#: With more classes than this the names find no room and are only told when pointed at.
_NAMED = 20
_SQUARE, _LARGEST = 30, 460


def similarity(result: Result) -> Spec | None:
    """A square for every two classes: the stronger, the more the soft targets of rows of one speak of the other.

    The diagonal, which only says that the teacher knows the class, is left out.

    Args:
        result: whose teacher's knowledge is known, or not.

    Returns:
        The plot, or None.
    """
    knowledge = result.knowledge
    if knowledge is None or not knowledge.similarity or len(knowledge.similarity) < 2:
        return None
    names = [words.line(name) for name in result.data.classes]
    places = {"domain": list(range(len(names)))}
    x = {"field": "other", "type": "ordinal", "scale": {**places, "padding": 0.06}, "axis": None}
    y = {"field": "true", "type": "ordinal", "scale": {**places, "padding": 0.06}, "axis": None}
    strength = {
        "field": "probability",
        "type": "quantitative",
        "scale": {"domainMin": 0, "range": [0.03, 1]},
        "legend": None,
    }
    squares = {"x": x, "y": y, "fillOpacity": strength, "tooltip": TIP}
    layers = [layer(_rows(knowledge, names), "rect", squares, fill="var(--teacher)", cornerRadius=2)]
    if len(names) <= _NAMED:
        labels = [{"true": place, "other": place, "name": name} for place, name in enumerate(names)]
        text = {"field": "name", "type": "nominal"}
        look = {"color": "var(--muted)", "fontSize": 12, "limit": 90}
        layers += [
            layer(labels, "text", {"x": {"value": -8}, "y": y, "text": text}, align="right", **look),
            layer(labels, "text", {"x": x, "y": {"value": -10}, "text": text}, **_above(names), **look),
        ]
    return plot(layers, height=min(_LARGEST, _SQUARE * len(names)))


def _above(names: Sequence[str]) -> Spec:
    """Short names stand upright, long ones lean."""
    return {"align": "center"} if max(map(len, names)) <= 3 else {"align": "left", "angle": -40, "baseline": "middle"}


def _rows(knowledge: Knowledge, names: Sequence[str]) -> list[Row]:
    return [
        {
            "true": true,
            "other": other,
            "probability": short(probability),
            "tip": f"rows of {names[true]}\n{names[other]}: {numbers.percent(probability, 2)}",
        }
        for true, row in enumerate(knowledge.similarity or [])
        for other, probability in enumerate(row or [])
        if other != true
    ]
