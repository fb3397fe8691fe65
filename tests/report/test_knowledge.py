"""What the teacher knows, in words and pictures."""

from __future__ import annotations

from overproof.report import knowledge
from overproof.results import Results
from tests.report.conftest import changed


def test_a_row_has_its_picture_its_label_and_what_was_said(detailed_run: Results) -> None:
    first, second = knowledge.rows(detailed_run.result)
    assert first.picture is not None
    assert first.picture != second.picture
    assert second.label == "1"
    assert second.said == [("1", "40.0 %", "40.0"), ("2", "30.0 %", "30.0")]


def test_pairs_name_the_class_of_the_row_first(detailed_run: Results) -> None:
    assert knowledge.pairs(detailed_run.result)[0] == "rows of 1: 9.00 % for 2"


def test_rows_that_are_no_images_have_no_picture(detailed_run: Results) -> None:
    data = detailed_run.result.data.model_copy(update={"shape": [64]})
    assert [row.picture for row in knowledge.rows(changed(detailed_run, result={"data": data}).result)] == [None, None]


def test_what_is_not_known_is_not_told(helping: Results) -> None:
    assert knowledge.rows(helping.result) == []
    assert knowledge.pairs(helping.result) == []
