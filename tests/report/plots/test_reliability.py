"""Reliability diagrams."""

from __future__ import annotations

from overproof.report.plots.reliability import bins, reliability
from overproof.results import Results


def test_a_dot_for_every_bin_that_holds_rows(detailed_run: Results, helping: Results) -> None:
    spec = reliability(detailed_run.result, "before")
    assert spec is not None
    rows = spec["data"]["values"]
    assert {row["arm"] for row in rows} == {0, 1, 2}
    student = [row for row in rows if row["arm"] == 2]
    assert [row["rows"] for row in student] == list(range(1, 15))  # the first bin is empty
    assert student[-1]["tip"] == "student, 14 rows\nsays 96.7 %\nis right 100.0 %"
    assert reliability(helping.result, "before") is None


def test_only_arms_that_were_scaled_are_drawn_after(detailed_run: Results) -> None:
    teacher, simple, _ = detailed_run.result.arms
    assert bins(teacher, "before")
    assert not bins(teacher, "after")
    assert bins(simple, "after")
    spec = reliability(detailed_run.result, "after")
    assert spec is not None
    assert {row["arm"] for row in spec["data"]["values"]} == {1, 2}
