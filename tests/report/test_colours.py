"""Colours."""

from __future__ import annotations

from overproof.report.colours import colour, colours
from overproof.results import Results


def test_arms_keep_their_colour(two_methods: Results) -> None:
    assert list(colours(two_methods.result).values()) == ["teacher", "simple", "student-1", "student-2"]


def test_colours_start_again_where_there_are_many_arms(two_methods: Results) -> None:
    student = two_methods.result.arms[-1]
    students = [student.model_copy(update={"name": f"method-{index}"}) for index in range(8)]
    controls = [student.model_copy(update={"name": f"c{index}", "role": "control"}) for index in range(5)]
    result = two_methods.result.model_copy(update={"arms": [*two_methods.result.arms[:2], *students, *controls]})
    assert colour(result, "method-0") == colour(result, "method-6") == "student-1"
    assert [colour(result, f"c{index}") for index in (0, 3, 4)] == ["control-1", "control-4", "control-1"]
