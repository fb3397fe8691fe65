"""What is said about single rows against what is true."""

from __future__ import annotations

from overproof.report.plots.values import values as values_plot
from overproof.results import Results


def test_every_arm_has_a_dot_for_every_row_and_the_line_is_where_it_is_right(values: Results) -> None:
    spec = values_plot(values.result, 0)
    assert spec is not None
    line, dots = (each["data"]["values"] for each in spec["layer"])
    assert len(dots) == 3 * 40
    assert [point["x"] for point in line] == [point["y"] for point in line]
    low, high = line[0]["x"], line[1]["x"]
    assert all(low <= row[axis] <= high for row in dots for axis in ("x", "y"))
    student = [row for row in dots if row["arm"] == 2]
    assert student[0]["tip"] == "student, row 100\nsays 182,000\nis 200,000"


def test_without_values_there_is_no_plot(helping: Results, values: Results) -> None:
    assert values_plot(helping.result, 0) is None
    assert values_plot(values.result, 1) is None
