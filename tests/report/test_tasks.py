"""How a report speaks about tasks."""

from __future__ import annotations

import pytest

from overproof.report import markdown, tasks, words
from overproof.results import DIRECTION, Results
from overproof.tasks.catalogue import TASKS
from tests.report.conftest import content, page_of, parsed


def test_every_task_has_its_words() -> None:
    assert tasks.WORDS.keys() == TASKS.keys()
    assert {name: task.classifies for name, task in TASKS.items()} == {
        "multiclass": True, "binary": True, "multilabel": False, "regression": False,
    }  # fmt: skip


def test_every_metric_reads_like_a_name() -> None:
    assert not any("_" in words.metric(metric) for metric in DIRECTION)


def test_a_page_speaks_of_its_own_task(values: Results, labels: Results) -> None:
    for results, own, foreign in (
        (values, ["squared error", "RMSE from teacher", "median_house_value", "R²"], ["cross-entropy", "calibration"]),
        (labels, ["binary cross-entropy", "average precision", "sports, music, politics"], ["RMSE", "calibration"]),
    ):
        name = "values" if results is values else "labels"
        main = parsed(page_of(name)).find(".//main")
        assert main is not None
        said = content(main)
        assert all(each in said for each in own)
        assert not any(each in said for each in foreign)
        assert "None" not in said


def test_a_fitted_teacher_is_not_said_to_be_brought(values: Results) -> None:
    main = parsed(page_of("values")).find(".//main")
    assert main is not None
    assert "not trained here" not in content(main)


@pytest.mark.parametrize("name", ["values", "labels"])
def test_markdown_says_the_task(name: str, request: pytest.FixtureRequest) -> None:
    results: Results = request.getfixturevalue(name)
    said = markdown.markdown(results)
    assert "Hard loss: " in said
    assert "None" not in said
