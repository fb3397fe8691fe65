"""The plot of the differences to simple."""

from __future__ import annotations

import pytest

from overproof.report.plots.differences import differences
from overproof.report.plots.spec import Row, Spec
from overproof.results import Results


def rows(spec: Spec, mark: str) -> list[Row]:
    """The data of the layer with that mark."""
    [found] = [layer["data"]["values"] for layer in spec["layer"] if layer["mark"]["type"] == mark]
    return list(found)


def test_a_dot_per_split_in_order_and_a_row_per_repeat(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    dots = rows(differences(helping.result, comparison), "circle")
    assert [dot["x"] for dot in dots] == pytest.approx([100 * value for value in comparison.differences.values])
    assert len({dot["y"] for dot in dots[:5]}) == len({dot["y"] for dot in dots[5:]}) == 1
    assert dots[0]["y"] > dots[5]["y"]
    assert dots[6]["tip"].startswith("repeat 2, fold 2\n")


def test_interval_mean_and_region_are_in_the_unit_shown(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    spec = differences(helping.result, comparison)
    [mean], [region] = rows(spec, "point"), rows(spec, "rect")
    assert (mean["x"], mean["mean"], mean["x2"]) == pytest.approx(
        [100 * end for end in (comparison.low, comparison.differences.mean, comparison.high)], rel=1e-5
    )
    assert (region["x"], region["x2"]) == (-0.5, 0.5)
    assert "95 % interval" in mean["tip"]


def test_the_density_is_cut_where_the_answer_changes(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    spec = differences(helping.result, comparison)
    density = rows(spec, "area")
    parts = {answer: [row["x"] for row in density if row["answer"] == answer] for answer in ("hurts", "same", "helps")}
    assert max(parts["hurts"]) == min(parts["same"]) == -0.5
    assert max(parts["same"]) == min(parts["helps"]) == 0.5
    top = max(density, key=lambda row: row["y"])
    assert top["x"] == pytest.approx(100 * comparison.differences.mean, abs=0.1)
    assert {row["tip"] for row in density if row["answer"] == "helps"} == {"P(helps) 0.985"}


def test_equal_differences_have_no_density(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    spread = comparison.differences.model_copy(update={"values": [0.01] * 10, "mean": 0.01, "sd": 0.0})
    found = comparison.model_copy(update={"differences": spread, "low": 0.01, "high": 0.01})
    result = helping.result.model_copy(update={"comparisons": [found]})
    assert [layer["mark"]["type"] for layer in differences(result, found)["layer"]].count("area") == 0


def test_comparisons_share_one_axis(two_methods: Results) -> None:
    axes = [
        differences(two_methods.result, found)["layer"][0]["encoding"]["x"]["scale"]["domain"]
        for found in two_methods.result.comparisons
    ]
    assert axes[0] == axes[1]
    values = [100 * value for found in two_methods.result.comparisons for value in found.differences.values]
    assert axes[0][0] < min(values)
    assert axes[0][1] > max(values)


def test_a_loss_is_in_its_own_unit(helping: Results) -> None:
    [comparison] = helping.result.comparisons
    found = comparison.model_copy(update={"metric": "log_loss"})
    result = helping.result.model_copy(update={"comparisons": [found]})
    [mean] = rows(differences(result, found), "point")
    assert mean["mean"] == pytest.approx(comparison.differences.mean, rel=1e-5)
    assert "log loss lower by" in mean["tip"]
