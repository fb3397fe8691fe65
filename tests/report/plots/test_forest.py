"""Differences below each other."""

from __future__ import annotations

import pytest

from overproof.report.plots.forest import Line, attribution, forest
from overproof.results import Results


def line(place: int, mean: float) -> Line:
    return Line(place, f"student-{place + 1}", f"run {place}", f"{mean}", mean, mean - 0.01, mean + 0.01, "tip")


def test_every_line_is_there_in_order_and_in_the_unit_shown() -> None:
    spec = forest([line(0, 0.02), line(1, -0.03)], "accuracy", 0.005)
    labels = spec["layer"][-1]["data"]["values"]
    assert [(row["line"], row["label"], row["mean"]) for row in labels] == [
        (0, "run 0  0.02", 2.0),
        (1, "run 1  -0.03", -3.0),
    ]
    assert spec["layer"][0]["data"]["values"] == [{"x": -0.5, "x2": 0.5}]
    low, high = spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert low < -4.0
    assert high > 3.0
    assert spec["height"] == 80


def test_controls_are_set_beside_simple_and_beside_the_student(controlled: Results) -> None:
    spec = attribution(controlled.result)
    assert spec is not None
    rows = spec["layer"][-1]["data"]["values"]
    assert [row["label"].split("  ")[0] for row in rows] == [
        "student − simple",
        "longer − simple", "student − longer",
        "random-teacher − simple", "student − random-teacher",
    ]  # fmt: skip
    found = controlled.result.attribution
    assert found is not None
    assert rows[1]["mean"] == pytest.approx(100 * found.controls[0].gain.differences.mean, rel=1e-5)
    assert rows[2]["mean"] == pytest.approx(100 * found.controls[0].surplus.differences.mean, rel=1e-5)
    assert [row["arm"] for row in rows] == [2, 3, 3, 4, 4]


def test_one_line_far_away_does_not_flatten_the_others() -> None:
    x = forest([line(0, 0.02), line(1, -0.74)], "accuracy", 0.005, reach=0.05)["layer"][1]["encoding"]["x"]
    assert x["scale"]["domain"][0] == pytest.approx(-5.0, abs=0.6)


def test_without_controls_there_is_no_plot(helping: Results) -> None:
    assert attribution(helping.result) is None
