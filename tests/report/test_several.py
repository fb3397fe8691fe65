"""Several runs on one page."""

from __future__ import annotations

from pathlib import Path

import pytest

from overproof.report import several, side_by_side
from overproof.report.side_by_side import Run
from overproof.results import Results
from tests.report.conftest import changed, content, parsed, scenario, slim


def runs(*names: str) -> list[Run]:
    return side_by_side.named([Path(name) for name in names], [scenario(name) for name in names])


def test_every_run_is_told_with_its_verdict_its_arms_and_its_differences() -> None:
    page = parsed(slim(several.several(runs("helping", "two_methods", "hurting"))))
    text = content(page)
    for run in runs("helping", "two_methods", "hurting"):
        assert run.results.verdict in text
        assert all(arm.name in text for arm in run.results.result.arms)
    [table] = [found for found in page.iter("table") if "run and arm" in content(found)]
    assert [content(row).split("accuracy")[0] for row in table.iter("tr")][1:] == [
        "helping: student", "two_methods: kd", "two_methods: dkd", "hurting: shy",
    ]  # fmt: skip


def test_plots_hold_one_line_per_comparison_and_one_dot_per_arm() -> None:
    found = runs("helping", "two_methods")
    plots = several.plots(found)
    lines = next(layer for layer in plots["differences"]["layer"] if layer["mark"]["type"] == "text")["data"]["values"]
    assert [(line["label"].split("  ")[0], line["arm"]) for line in lines] == [
        ("helping, student", 0), ("two_methods, kd", 1), ("two_methods, dkd", 1),
    ]  # fmt: skip
    dots = [row for row in plots["cost"]["data"]["values"] if row["cost"] == "size in bytes"]
    assert [dot["arm"] for dot in dots] == [0, 0, 0, 1, 1, 1, 1]


def test_a_comparison_on_another_metric_is_in_the_table_only(helping: Results) -> None:
    found = [each.model_copy(update={"metric": "log_loss"}) for each in helping.result.comparisons]
    pair = side_by_side.named([Path("one"), Path("two")], [helping, changed(helping, result={"comparisons": found})])
    assert len(several.plots(pair)["differences"]["layer"][2]["data"]["values"]) == 1
    assert [row.cells[0] for row in side_by_side.verdicts_table(pair).rows] == ["accuracy", "log loss"]


@pytest.mark.parametrize("count", [1, 9])
def test_any_number_of_runs(count: int, tmp_path: Path) -> None:
    many = side_by_side.named([Path(f"run-{place}") for place in range(count)], [scenario("minimal")] * count)
    page = several.write(many, tmp_path / "page.html")
    assert page.read_text("utf-8") == several.several(many)
