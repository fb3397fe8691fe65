"""Pictures: right geometry, colours from the style sheet, no foreign text."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from overproof.report import plots
from overproof.results import Result, Results


def marks(svg: str, group: str) -> list[ElementTree.Element]:
    """The drawn elements of one layer."""
    root = ElementTree.fromstring(svg)  # noqa: S314 (our own picture)
    found = [element for element in root.iter() if f" {group}" in element.get("class", "")]
    return [child for element in found for child in element]


def position(element: ElementTree.Element) -> tuple[float, float]:
    match = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", element.get("transform", ""))
    assert match
    return float(match[1]), float(match[2])


def result_with(results: Results, **changes: object) -> Result:
    return results.result.model_copy(update=changes)


def test_differences_show_a_dot_per_split_in_order_and_a_row_per_repeat(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    svg = plots.differences(helping.result, comparison, 600)
    dots = [position(dot) for dot in marks(svg, "layer_2_marks")]
    values = comparison.differences.values
    assert len(dots) == 10
    assert len({y for _, y in dots[:5]}) == len({y for _, y in dots[5:]}) == 1
    assert dots[0][1] != dots[5][1]
    (left, right) = sorted((dots[0], dots[1]))
    slope = (right[0] - left[0]) / abs(values[0] - values[1])
    for value, (x, _) in zip(values, dots, strict=True):
        assert x == pytest.approx(dots[0][0] + slope * (value - values[0]), abs=0.5)


def test_zero_interval_mean_and_region_share_the_axis(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    svg = plots.differences(helping.result, comparison, 600)
    [zero], [interval], [mean] = (marks(svg, f"layer_{layer}_marks") for layer in (1, 3, 4))
    dots = [position(dot)[0] for dot in marks(svg, "layer_2_marks")]
    assert position(mean)[0] == pytest.approx(sum(dots) / len(dots), abs=0.1)
    low = position(interval)[0]
    high = low + float(interval.get("x2", "nan"))
    scale = (position(mean)[0] - position(zero)[0]) / comparison.differences.mean
    assert {round(low), round(high)} == {
        round(position(zero)[0] + scale * end) for end in (comparison.low, comparison.high)
    }
    [region] = marks(svg, "layer_0_marks")
    assert region.get("fill") == "var(--region)"
    match = re.match(r"M([\d.]+),0h([\d.]+)v", region.get("d", ""))
    assert match
    assert float(match[2]) == pytest.approx(2 * comparison.rope * scale, abs=0.1)


def test_comparisons_share_one_axis(two_methods: Results) -> None:
    pictures = [strip.wide for strip in plots.strips(two_methods.result)]
    zeros = [position(marks(svg, "layer_1_marks")[0]) for svg in pictures]
    assert zeros[0] == zeros[1]


def test_everything_drawn_lies_inside(any_results: Results) -> None:
    for strip in plots.strips(any_results.result):
        for picture, width in ((strip.wide, 820), (strip.narrow, 330)):
            assert f'width="{width}"' in picture
            assert all(0 <= position(dot)[0] <= width for dot in marks(picture, "layer_2_marks"))


def test_no_difference_at_all_can_be_drawn(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    flat = comparison.differences.model_copy(update={"values": [0.0] * 10, "mean": 0.0, "sd": 0.0})
    same = comparison.model_copy(update={"differences": flat, "low": 0.0, "high": 0.0, "rope": 0.0})
    svg = plots.differences(result_with(helping, comparisons=[same]), same, 600)
    assert len(marks(svg, "layer_2_marks")) == 10
    assert "NaN" not in svg


def test_colours_are_names_in_the_style_sheet(any_results: Results) -> None:
    drawn = [strip.wide for strip in plots.strips(any_results.result)] + [
        picture for _, picture in plots.panels(any_results.result)
    ]
    for picture in drawn:
        colours = set(re.findall(r'(?:fill|stroke)="([^"]*)"', picture))
        assert all(colour in ("none", "transparent") or colour.startswith("var(--") for colour in colours), colours


def test_arms_keep_their_colour(two_methods: Results) -> None:
    result = two_methods.result
    assert [plots.colour(result, arm.name) for arm in result.arms] == ["teacher", "simple", "student-1", "student-2"]
    assert "var(--student-2)" in plots.strips(result)[1].wide
    curves = dict(plots.panels(result))["Hard loss on training rows"]
    strokes = {mark.get("stroke") for mark in marks(curves, "layer_1_pathgroup") for mark in mark.iter()}
    assert strokes >= {"var(--teacher)", "var(--simple)", "var(--student-1)", "var(--student-2)"}


def test_arms_that_share_a_colour_stay_separate_lines(two_methods: Results) -> None:
    student = two_methods.result.arms[-1]
    students = [student.model_copy(update={"name": f"method-{index}"}) for index in range(8)]
    result = result_with(two_methods, arms=[*two_methods.result.arms[:2], *students])
    assert plots.colour(result, "method-0") == plots.colour(result, "method-6") == "student-1"
    curves = dict(plots.panels(result))["Hard loss on training rows"]
    assert len(re.findall(r'<path[^>]*stroke="var\(--[a-z]+(?:-\d)?\)"[^>]*stroke-width="2"', curves)) == 10


def test_curves_are_drawn_where_they_exist(helping: Results, minimal: Results) -> None:
    assert [title.split()[0] for title, _ in plots.panels(helping.result)] == ["Hard", "Hard", "Soft"]
    assert plots.panels(minimal.result) == []
    soft = dict(plots.panels(helping.result))["Soft loss on training rows"]
    assert "var(--teacher)" not in soft
    assert "var(--student-1)" in soft


def test_splits_may_stop_at_different_epochs(helping: Results) -> None:
    student = helping.result.arms[2]
    shorter = [curve.model_copy(update={"hard": curve.hard[: 5 + index]}) for index, curve in enumerate(student.curves)]
    arm = student.model_copy(update={"curves": shorter})
    band = plots.band(arm, "hard")
    assert [point.epoch for point in band] == list(range(1, 15))
    last = shorter[-1].hard[-1]
    assert band[-1] == (14, last, last, last)
    first = [curve.hard[0] for curve in shorter]
    assert band[0].low == min(first)
    assert band[0].mean == pytest.approx(sum(first) / 10)
    assert band[0].high == max(first)


def test_long_trainings_are_thinned_and_keep_their_last_epoch(helping: Results) -> None:
    curve = helping.result.arms[2].curves[0].model_copy(update={"hard": [1.0 / (1 + step) for step in range(10_000)]})
    band = plots.band(helping.result.arms[2].model_copy(update={"curves": [curve]}), "hard")
    assert len(band) <= 152
    assert band[-1].epoch == 10_000


@pytest.mark.parametrize("values", [[2.0, 1.0, 0.5], [2.0, 0.0, -1.0], [0.0, 0.0], [3.0], [1e-9, 1e3]])
def test_any_loss_can_be_drawn(helping: Results, values: list[float]) -> None:
    arms = [
        arm.model_copy(update={"curves": [curve.model_copy(update={"hard": values}) for curve in arm.curves]})
        for arm in helping.result.arms
    ]
    picture = plots.curves(result_with(helping, arms=arms), "hard", 300)
    assert picture is not None
    assert "NaN" not in picture


def test_no_text_from_the_results_is_in_a_picture(with_suffix: Callable[[str], Results]) -> None:
    result = with_suffix("Zz").result
    drawn = [picture for strip in plots.strips(result) for picture in strip] + [p for _, p in plots.panels(result)]
    for picture in drawn:
        texts = [element.text or "" for element in ElementTree.fromstring(picture).iter()]  # noqa: S314 (our own)
        assert all(re.fullmatch(r"[-−+\d.eµnmkM]*|epoch", text) for text in texts), texts
        assert "Zz" not in picture
