"""What all plots share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from overproof.report import sections
from overproof.report.plots.spec import FONT, difference_axis, layer, plot
from overproof.results import Results


def below(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key and value of a specification, outside its data."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            if key != "data":
                yield from below(item)
    elif isinstance(value, list):
        for item in value:
            yield from below(item)


def test_every_plot_names_its_colours_as_variables(any_results: Results) -> None:
    for spec in sections.plots(any_results).values():
        fixed = [item for key, item in below(spec) if key in ("color", "fill", "stroke") and isinstance(item, str)]
        ranges = [item for key, found in below(spec) if key == "range" for item in found if isinstance(item, str)]
        painted = [item for item in (*fixed, *ranges) if item not in SHAPES]
        assert painted
        assert all(re.fullmatch(r"var\(--[a-z]+(-\d)?\)", item) for item in painted), painted


SHAPES = {"square", "triangle-up", "circle", "cross"}


def test_texts_are_measured_as_they_are_drawn() -> None:
    style = resources.files("overproof.report").joinpath("templates", "style.css").read_text("utf-8")
    assert f"1rem/1.55 {FONT};" in style


def test_what_can_be_switched_off_is_filtered() -> None:
    assert "transform" not in layer([{"x": 1}], "point", {})
    for found in (layer([{"x": 1, "arm": 0}], "point", {}), plot([], 10, rows=[{"arm": 0}])):
        assert found["transform"] == [{"filter": "indexof(hidden, datum.arm) < 0"}]


def test_an_axis_of_differences_holds_all_values_in_their_unit() -> None:
    low, high = difference_axis("accuracy", [-0.01, 0.0, 0.04])["scale"]["domain"]
    assert (low, high) == pytest.approx((-1.3, 4.3))
    assert difference_axis("log_loss", [0.0])["scale"]["domain"] == [-0.001, 0.001]
