"""Which sections a page has."""

from __future__ import annotations

from overproof.report import sections
from overproof.results import Results


def ids(results: Results) -> list[str]:
    return [section.id for section in sections.sections(results)]


def test_what_the_results_do_not_hold_is_left_out(minimal: Results, helping: Results) -> None:
    assert ids(minimal) == ["scores", "differences", "cost", "protocol", "reproduce"]
    assert ids(helping) == ["scores", "differences", "curves", "cost", "notes", "protocol", "reproduce"]


def test_what_they_hold_has_a_section(controlled: Results, detailed_run: Results) -> None:
    assert {"power", "controls"} <= {*ids(controlled)}
    assert {"fidelity", "calibration", "classes", "knowledge"} <= {*ids(detailed_run)}


def test_other_tasks_leave_out_what_needs_classes(values: Results, labels: Results) -> None:
    assert ids(labels) == ["scores", "differences", "curves", "fidelity", "cost", "protocol", "reproduce"]
    assert ids(values) == ["scores", "differences", "curves", "fidelity", "values", "cost", "protocol", "reproduce"]
    assert "cost" not in sections.plots(values)  # nothing but the teacher costs something else
    assert "cost" in sections.plots(labels)


def test_plots_are_those_there_is_something_to_draw_in(minimal: Results, detailed_run: Results) -> None:
    assert list(sections.plots(minimal)) == ["differences-0", "cost"]
    assert list(sections.plots(detailed_run)) == [
        "differences-0", "curves-hard", "curves-validation", "curves-soft", "calibration-before", "calibration-after",
        "classes-2", "similarity", "cost",
    ]  # fmt: skip
