"""How much better a student is than simple: the posterior density, the interval, and every split."""

from __future__ import annotations

from collections.abc import Sequence

from overproof.report import numbers, summary, words
from overproof.report.colours import colour, paint
from overproof.report.plots.spec import TIP, Row, Spec, difference_axis, layer, plot, position, short
from overproof.report.posterior import Density, density
from overproof.results import Comparison, Result

#: Heights in CSS pixels: the density, the interval below it, one repeat's dots, and all of them at most.
_DENSITY, _INTERVAL, _LANE, _LANES = 90, 26, 15, 160
#: Points at which the density is drawn.
_STEPS = 160
_ANSWERS = ("hurts", "same", "helps")


def differences(result: Result, comparison: Comparison) -> Spec:
    """One arm: density above, cut where the answer changes; interval and mean; a dot per split, a row for each repeat.

    Args:
        result: gives all comparisons one common axis, in the unit they are shown in.
        comparison: what is drawn.
    """
    scale, paint_of_arm = numbers.scale(comparison.metric), paint(colour(result, comparison.arm))
    repeats = len({split.repeat for split in result.splits})
    lane = min(_LANE, _LANES / repeats)
    bottom = -_INTERVAL - lane * repeats - 4
    x = difference_axis(comparison.metric, shown(result.comparisons))
    y = position("y", scale={"domain": [short(bottom), _DENSITY + 8], "nice": False, "zero": False}, axis=None)
    region = [{"x": short(-scale * comparison.rope), "x2": short(scale * comparison.rope)}]
    interval = _interval(comparison)
    layers = [
        layer(region, "rect", {"x": x, "x2": {"field": "x2"}}, color="var(--region)"),
        layer([{"x": 0}], "rule", {"x": x}, color="var(--muted)", strokeWidth=1),
        *_density_layer(density(result, comparison), comparison, x, y),
        layer(interval, "rule", {"x": x, "x2": {"field": "x2"}, "y": y, "tooltip": TIP}, color=paint_of_arm,
              strokeWidth=3, strokeCap="round"),
        layer(_dots(result, comparison, lane), "circle", {"x": x, "y": y, "tooltip": TIP}, color=paint_of_arm, size=46,
              opacity=0.6),
        layer(interval, "point", {"x": {**x, "field": "mean"}, "y": y, "tooltip": TIP}, shape="diamond", filled=True,
              fill=paint_of_arm, stroke="var(--surface)", strokeWidth=2, size=190, opacity=1),
    ]  # fmt: skip
    return plot(layers, height=round(_DENSITY + 8 - bottom))


def shown(comparisons: Sequence[Comparison]) -> list[float]:
    """What one axis for all comparisons has to hold: zero, the region, every dot and the whole interval."""
    return [
        end
        for found in comparisons
        for end in (*found.differences.values, found.low, found.high, found.rope, -found.rope, 0.0)
    ]


def _density_layer(found: Density | None, comparison: Comparison, x: Spec, y: Spec) -> list[Spec]:
    """An area for each answer; nothing where the differences have no spread."""
    if found is None:
        return []
    answers = {"domain": list(_ANSWERS), "range": [paint(answer) for answer in _ANSWERS]}
    area = {
        "x": x,
        "y": y,
        "y2": {"datum": 0},
        "color": {"field": "answer", "type": "nominal", "scale": answers, "legend": None},
        "tooltip": TIP,
    }
    low, high = x["scale"]["domain"]
    return [
        layer(_density_rows(found, comparison, low, high), "area", area, fillOpacity=0.22, line={"strokeWidth": 1.5})
    ]


def _density_rows(found: Density, comparison: Comparison, low: float, high: float) -> list[Row]:
    """Between two ends in the unit that is shown."""
    scale, top = numbers.scale(comparison.metric), found.at(found.mean)
    cuts = (low, -scale * comparison.rope, scale * comparison.rope, high)
    chances = (comparison.p_hurts, comparison.p_same, comparison.p_helps)
    rows = []
    for answer, chance, start, stop in zip(_ANSWERS, chances, cuts, cuts[1:], strict=False):
        count = max(2, round(_STEPS * (stop - start) / (high - low)) + 1)
        for index in range(count):
            at = start + (stop - start) * index / (count - 1)
            rows.append(
                {
                    "x": short(at),
                    "y": short(_DENSITY * found.at(at / scale) / top),
                    "answer": answer,
                    "tip": f"P({answer}) {numbers.probability(chance)}",
                }
            )
    return rows


def _interval(comparison: Comparison) -> list[Row]:
    scale, name = numbers.scale(comparison.metric), words.line(comparison.arm)
    mean = f"{summary.mean_difference(comparison)} {summary.gain(comparison.metric)}"
    return [
        {
            "x": short(scale * comparison.low),
            "x2": short(scale * comparison.high),
            "mean": short(scale * comparison.differences.mean),
            "y": -_INTERVAL / 2,
            "tip": f"{name}\nmean {mean}\n95 % interval {summary.interval(comparison)}",
        }
    ]


def _dots(result: Result, comparison: Comparison, lane: float) -> list[Row]:
    scale = numbers.scale(comparison.metric)
    digits = numbers.decimals_of_split(comparison.metric, summary.digits_of(comparison))
    repeats = sorted({split.repeat for split in result.splits})
    return [
        {
            "x": short(scale * value),
            "y": short(-_INTERVAL - lane * (repeats.index(split.repeat) + 0.5)),
            "tip": f"repeat {split.repeat + 1}, fold {split.fold + 1}\n"
            f"{numbers.difference(comparison.metric, value, digits)} {summary.gain(comparison.metric)}",
        }
        for split, value in zip(result.splits, comparison.differences.values, strict=True)
    ]
