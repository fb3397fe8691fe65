"""The tables, before anyone lays them out."""

from __future__ import annotations

from overproof.report import tables
from overproof.report.plots.classes import classes
from overproof.results import Results


def test_every_arm_has_a_row_with_a_cell_under_every_heading(any_results: Results) -> None:
    result = any_results.result
    for table in (tables.short_arms_table(any_results), tables.scores_table(result), tables.costs_table(any_results)):
        assert [row.name for row in table.rows] == [arm.name for arm in result.arms]
        assert all(len(row.cells) == len(table.headings) - 1 for row in table.rows)


def test_short_table_says_score_and_cost(helping: Results) -> None:
    table = tables.short_arms_table(helping)
    assert [heading.replace("\n", " ") for heading in table.headings] == [
        "arm", "accuracy", "log loss", "agreement", "parameters", "size", "MACs", "speed",
    ]  # fmt: skip
    assert table.rows[0].cells[2:] == ("–", "231 k", "928 kB", "5.10 M", "1.0×")
    assert table.rows[2].cells[3:] == ("4,066", "18.3 kB", "92,416", "5.0×")


def test_columns_without_any_value_are_left_out(minimal: Results) -> None:
    assert tables.short_arms_table(minimal).headings == ("arm", "accuracy", "parameters", "size")
    assert tables.costs_table(minimal).headings == ("arm", "parameters", "size")


def test_a_single_missing_value_is_a_dash(helping: Results) -> None:
    teacher = helping.result.arms[0].model_copy(update={"macs": None})
    result = helping.result.model_copy(update={"arms": [teacher, *helping.result.arms[1:]]})
    table = tables.costs_table(helping.model_copy(update={"result": result}))
    assert [row.cells[2] for row in table.rows] == ["–", "92,416", "92,416"]


def test_comparisons_say_difference_probabilities_and_verdict(two_methods: Results) -> None:
    table = tables.comparisons_table(two_methods.result)
    assert table.rows[0].cells[1:] == ("+1.9 … +4.1", "0.985", "0.012", "0.003", "55 %", "helps")
    assert table.rows[1].name == "dkd"
    assert table.rows[1].cells[-1] == "not settled"


def test_gap_closed_is_marked_where_the_teacher_is(leaking: Results, unknown: Results, helping: Results) -> None:
    headings = [tables.comparisons_table(each.result).headings[-2].split() for each in (leaking, unknown, helping)]
    assert headings == [["gap", "closed,", "leaking"], ["gap", "closed,", "leak", "unknown"], ["gap", "closed"]]


def test_losses_are_those_of_the_epoch_that_was_kept(helping: Results, minimal: Results) -> None:
    table = tables.kept_table(helping.result)
    assert [row.name for row in table.rows] == ["teacher", "simple", "student"]
    student = helping.arm("student")
    kept = [curve.best_epoch for curve in student.curves]
    hard = [curve.hard[epoch] for curve, epoch in zip(student.curves, kept, strict=True)]
    cells = table.rows[2].cells
    assert cells[:3] == ("30", f"{min(kept) + 1}–{max(kept) + 1}", f"{sum(hard) / len(hard):.3g}")
    assert table.rows[1].cells[-1] == "–"  # no soft loss
    assert tables.kept_table(minimal.result).rows == ()


def test_calibration_stands_before_and_after_scaling(detailed_run: Results, helping: Results) -> None:
    table = tables.calibration_table(detailed_run.result)
    assert [heading.replace("\n", " ") for heading in table.headings] == [
        "arm", "calibration error", "calibration error, scaled", "calibration error (equal bins)",
        "calibration error (equal bins), scaled", "log loss", "log loss, scaled", "temperature",
    ]  # fmt: skip
    assert table.rows[0].cells[1] == table.rows[0].cells[-1] == "–"
    assert table.rows[2].cells[-1] == "1.20 … 1.36"
    assert len(tables.calibration_table(helping.result).headings) == 3  # nothing was scaled


def test_agreement_is_said_of_every_arm_but_the_teacher(detailed_run: Results) -> None:
    table = tables.fidelity_table(detailed_run.result)
    assert [row.name for row in table.rows] == ["simple", "student"]
    assert table.rows[1].cells[-3:] == ("100", "7", "3")


def test_every_class_has_a_row(detailed_run: Results, helping: Results) -> None:
    table = tables.classes_table(detailed_run.result, detailed_run.arm("student"))
    assert len(table.rows) == 10
    assert table.rows[3].cells == ("180", "93.0 %", "93.0 %", "92.0 %", "−1.0", "9", "3")
    assert tables.classes_table(helping.result, helping.arm("student")).rows == ()


def test_a_teacher_that_is_no_network_has_no_size(values: Results) -> None:
    table = tables.short_arms_table(values)
    assert [heading.replace("\n", " ") for heading in table.headings] == [
        "arm", "RMSE", "MAE", "R²", "parameters", "size", "MACs",
    ]  # fmt: skip
    assert table.rows[0].cells[3:] == ("–", "–", "–")
    assert table.rows[1].cells[3:] == ("4,066", "18.3 kB", "92,416")
    assert table.rows[0].cells[0].startswith("49,")
    assert tables.costs_table(values).rows[0].cells == ("–", "–", "–", "–")


def test_likeness_is_what_the_task_has(values: Results, labels: Results) -> None:
    assert tables.fidelity_table(values.result).headings == ("arm", "RMSE\nfrom\nteacher")
    assert tables.fidelity_table(labels.result).headings == ("arm", "agreement", "KL\nfrom\nteacher")


def test_a_class_without_test_rows_has_no_recall(detailed_run: Results) -> None:
    found = detailed_run.arm("student").classes
    assert found is not None
    lists = {name: [None, *getattr(found, name)[1:]] for name in ("teacher", "simple", "student")}
    arm = detailed_run.arm("student").model_copy(
        update={"classes": found.model_copy(update={"rows": [0, *found.rows[1:]], **lists})}
    )
    table = tables.classes_table(detailed_run.result, arm)
    assert table.rows[0].cells[:5] == ("0", "–", "–", "–", "–")
    assert table.rows[1].cells[1] != "–"
    spec = classes(detailed_run.result, arm)
    assert spec is not None
    assert [row["class"] for row in spec["layer"][1]["data"]["values"]] == list(range(1, 10))


def test_controls_stand_beside_simple_and_beside_the_student(controlled: Results) -> None:
    found, [beside] = controlled.result.attribution, controlled.result.comparisons
    assert found is not None
    table = tables.attribution_table(found, beside)
    assert [row.name for row in table.rows] == ["longer", "random-teacher"]
    assert table.headings[4] == "student − control"
    longer = found.controls[0]
    assert table.rows[0].cells[0] == f"{100 * longer.gain.differences.mean:+.1f}".replace("-", "−")
    assert table.rows[0].cells[3] == f"{100 * longer.surplus.differences.mean:+.1f}".replace("-", "−")
    assert table.rows[0].cells[2] == "0.700"
