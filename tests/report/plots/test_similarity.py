"""The map of classes."""

from __future__ import annotations

import pytest

from overproof.report.plots.similarity import similarity
from overproof.results import Results
from tests.report.conftest import changed, knowledge


def test_a_square_for_every_two_classes(detailed_run: Results) -> None:
    spec, known = similarity(detailed_run.result), detailed_run.result.knowledge
    assert spec is not None
    assert known is not None
    assert known.similarity is not None
    squares = spec["layer"][0]["data"]["values"]
    assert len(squares) == 90
    for square in squares:
        expected = known.similarity[square["true"]][square["other"]]
        assert square["probability"] == pytest.approx(expected, abs=1e-6)
    assert [len(layer["data"]["values"]) for layer in spec["layer"][1:]] == [10, 10]


def test_many_classes_are_named_only_when_pointed_at(detailed_run: Results) -> None:
    data = detailed_run.result.data.model_copy(update={"classes": [f"class {place}" for place in range(21)]})
    spec = similarity(changed(detailed_run, result={"data": data, "knowledge": knowledge(21)}).result)
    assert spec is not None
    assert len(spec["layer"]) == 1
    assert spec["layer"][0]["data"]["values"][0]["tip"].startswith("rows of class 0\nclass 1: ")


def test_what_is_not_known_is_not_drawn(helping: Results, detailed_run: Results) -> None:
    assert similarity(helping.result) is None
    known = knowledge(10).model_copy(update={"similarity": None})
    assert similarity(changed(detailed_run, result={"knowledge": known}).result) is None
