"""Class by class."""

from __future__ import annotations

import pytest

from overproof.report.plots.classes import MOST, classes
from overproof.results import Results
from tests.report.conftest import changed, detailed


def test_a_bar_for_every_class_in_order(detailed_run: Results) -> None:
    spec = classes(detailed_run.result, detailed_run.arm("student"))
    assert spec is not None
    rows = spec["layer"][1]["data"]["values"]
    assert [row["name"] for row in rows] == [str(digit) for digit in range(10)]
    assert [row["change"] for row in rows] == pytest.approx([5.0 - 2 * place for place in range(10)])
    assert rows[1]["tip"].startswith(
        "1: +3.0 points\nteacher 91.0 %, simple 91.0 %, student 94.0 %\n9 rows gained, 1 lost"
    )


def test_of_many_classes_those_that_changed_most_are_drawn(helping: Results) -> None:
    data = helping.result.data.model_copy(update={"classes": [f"class {place}" for place in range(40)]})
    arm = detailed(helping.arm("student"), 10, 40)
    spec = classes(changed(helping, result={"data": data}).result, arm)
    assert spec is not None
    rows = spec["layer"][1]["data"]["values"]
    assert len(rows) == MOST
    assert [row["class"] for row in rows] == list(range(10, 40))


def test_an_arm_whose_classes_are_not_known_has_no_plot(helping: Results) -> None:
    assert classes(helping.result, helping.arm("student")) is None
