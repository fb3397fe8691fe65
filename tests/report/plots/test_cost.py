"""Score against cost."""

from __future__ import annotations

import pytest

from overproof.report.plots.cost import cost, costs, dots
from overproof.results import Results


def test_every_arm_is_there_once_for_each_cost(helping: Results) -> None:
    spec = cost(dots(helping), "accuracy")
    assert spec is not None
    rows = spec["data"]["values"]
    names = ["size in bytes", "MACs for one row", "latency in milliseconds", "parameters"]
    assert [each.name for each in costs(dots(helping))] == names
    assert [(row["cost"], row["arm"]) for row in rows] == [(name, arm) for name in names for arm in range(3)]
    teacher = rows[0]
    assert teacher["x"] == helping.arm("teacher").size
    assert teacher["mean"] == pytest.approx(100 * helping.arm("teacher").scores["accuracy"].mean, rel=1e-5)
    assert "928 kB" in teacher["tip"]


def test_a_cost_that_is_not_known_of_every_arm_is_not_offered(minimal: Results) -> None:
    assert [each.name for each in costs(dots(minimal))] == ["size in bytes", "parameters"]


def test_without_any_cost_there_is_no_plot(minimal: Results) -> None:
    arms = [arm.model_copy(update={"size": 0, "parameters": 0}) for arm in minimal.result.arms]
    nothing = minimal.model_copy(update={"result": minimal.result.model_copy(update={"arms": arms})})
    assert cost(dots(nothing), "accuracy") is None
    assert cost(dots(minimal), "a metric that no arm has") is None
