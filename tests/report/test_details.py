"""What only the HTML report says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from overproof import results as results_file
from overproof.report import details
from overproof.results import Results


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value if item is not None] if isinstance(value, list) else value


def test_study_is_the_same_study_as_toml(any_results: Results, poisoned: tuple[Results, Results]) -> None:
    for results in (any_results, *poisoned):
        assert tomllib.loads(details.study_toml(results.result)) == without_none(results.result.study)


def test_study_has_its_tables_in_the_order_of_the_documentation(helping: Results) -> None:
    lines = details.study_toml(helping.result).splitlines()
    assert [line for line in lines if line.startswith("[") and "." not in line] == [
        "[data]", "[teacher]", "[student]", "[method]", "[protocol]", "[run]",
    ]  # fmt: skip


def test_a_file_read_back_tells_the_same(any_results: Results, tmp_path: Path) -> None:
    any_results.write(tmp_path / "results.json")
    again = results_file.read(tmp_path)
    assert details.study_toml(again.result) == details.study_toml(any_results.result)
    assert details.protocol(again.result) == details.protocol(any_results.result)
    assert details.machine(again.measured) == details.machine(any_results.measured)


def test_every_split_has_its_scores_and_differences(two_methods: Results) -> None:
    table = details.splits_table(two_methods.result)
    assert table.headings == (
        "split", "test rows", "teacher", "simple", "kd", "dkd",
        "kd against simple, points", "dkd against simple, points",
    )  # fmt: skip
    assert [row.name for row in table.rows[4:6]] == ["repeat 1, fold 5", "repeat 2, fold 1"]
    for row, simple, student in zip(
        table.rows,
        two_methods.arm("simple").scores["accuracy"].values,
        two_methods.arm("kd").scores["accuracy"].values,
        strict=True,
    ):
        assert row.cells[2:4] == (f"{100 * simple:.2f} %", f"{100 * student:.2f} %")
        assert float(row.cells[5].replace("−", "-")) == pytest.approx(100 * (student - simple), abs=0.00501)


def test_leaking_teacher_is_marked_above_its_column(leaking: Results) -> None:
    assert details.splits_table(leaking.result).headings[2] == "teacher (leaking)"


def test_protocol_says_rows_per_role_seed_and_leak(helping: Results, leaking: Results) -> None:
    said = dict(details.protocol(helping.result))
    assert said["Rows per split"] == "train 1,437–1,438, student 287, transfer 0, validation 29, test 359–360"
    assert said["Seed"] == "0"
    assert said["Leak status"] == "none"
    assert said["Student rows"].startswith("20 %")
    assert said["Validation"].startswith("10 %")
    assert said["Steps per epoch"] == "teacher 20, student 4"
    assert "test rows included" in dict(details.protocol(leaking.result))["Teacher"]


def test_protocol_without_validation_rows_says_which_epoch_is_kept(helping: Results) -> None:
    study = {**helping.result.study, "protocol": {"validation": 0.0}}
    said = dict(details.protocol(helping.result.model_copy(update={"study": study})))
    assert said["Validation"] == "none; the last epoch's weights are kept"
    assert "Seed" not in said


def test_looks_are_named_where_there_were_any(controlled: Results, helping: Results) -> None:
    assert dict(details.protocol(controlled.result))["Looks"].startswith("a verdict was sought after 1, 2 repeats")
    assert "Looks" not in dict(details.protocol(helping.result))


def test_a_teacher_that_was_brought_is_not_said_to_be_trained(unknown: Results) -> None:
    assert "not trained here" in dict(details.protocol(unknown.result))["Teacher"]


def test_protocol_says_what_is_learnt_from_rows_without_labels(values: Results, labels: Results) -> None:
    said = dict(details.protocol(values.result))
    assert said["Transfer rows"] == "the student learns what its teacher says about 500 rows that have no label"
    assert said["Values"] == "1: median_house_value"
    assert said["Task"].startswith("regression")
    study = {**values.result.study, "protocol": {"transfer": "train"}}
    both = dict(details.protocol(values.result.model_copy(update={"study": study})))["Transfer rows"]
    assert both.endswith("no label; the student also sees the other training rows, with soft targets only")
    assert dict(details.protocol(labels.result))["Labels"] == "3: sports, music, politics"
    assert dict(details.protocol(labels.result))["Data"].startswith("digits, 1,797 rows (1,437 labelled, 360 in an")


def test_splits_of_values_have_the_digits_they_need(values: Results) -> None:
    row = details.splits_table(values.result).rows[0]
    assert "." not in row.cells[1]  # an error in tens of thousands
    assert row.cells[-1].startswith("+")


def test_machine_says_command_times_and_versions(helping: Results, minimal: Results) -> None:
    said = dict(details.machine(helping.measured))
    assert said["Command"] == "overproof compare study.toml --set method.temperature=4"
    assert said["Wall time"] == "teach 21.4 s, record 0.6 s, train 14.1 s, evaluate 1.2 s, judge 0.1 s"
    assert "torch 2.13.0" in said["Versions"]
    assert "Command" not in dict(details.machine(minimal.measured))
