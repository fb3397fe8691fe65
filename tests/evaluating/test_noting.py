"""What a reader is told beside a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from overproof import statistics
from overproof.evaluating.judging import judge
from overproof.evaluating.noting import notes_on_equal_scores
from overproof.results import Arm, Comparison, Role
from overproof.study import Study
from overproof.verbs.compare import compare

SIMPLE = (0.9, 0.8, 0.9, 0.8, 0.9)


def comparisons(*student: float, metric: str = "accuracy", rope: float = 0.005) -> list[Comparison]:
    study = Study.model_validate(
        {
            "data": {"source": "digits"},
            "teacher": {"model": "cnn"},
            "student": {"model": "cnn"},
            "protocol": {"metric": metric, "rope": rope},
        }
    )

    def arm(role: Role, values: tuple[float, ...]) -> Arm:
        scores = {metric: statistics.spread(values)}
        return Arm(
            name=role, role=role, model="mlp", method=None, parameters=9, macs=None, size=36, scores=scores, curves=[]
        )

    return judge(study, [arm("teacher", SIMPLE), arm("simple", SIMPLE), arm("student", student)])


def test_equal_scores_on_few_rows_are_no_certainty() -> None:
    [found] = comparisons(*SIMPLE)
    assert found.verdict == "makes no practical difference"
    assert found.p_same == 1
    assert notes_on_equal_scores([found], 150) == [
        "student and simple score the same in every split, but on only 150 rows: one time in twenty that is chance "
        "even where they differ by 2.0 points."
    ]


def test_the_share_that_goes_unseen_is_seen_in_nineteen_of_twenty_studies() -> None:
    assert all(0.04 < (1 - 3 / rows) ** rows < 0.05 for rows in (30, 150, 599, 10_000))


def test_on_enough_rows_they_are() -> None:
    assert notes_on_equal_scores(comparisons(*SIMPLE), 600) == []
    assert len(notes_on_equal_scores(comparisons(*SIMPLE), 599)) == 1
    assert notes_on_equal_scores(comparisons(*SIMPLE, rope=0.02), 150) == []


def test_only_rates_of_hits_are_equal_by_chance() -> None:
    assert notes_on_equal_scores(comparisons(*SIMPLE, metric="log_loss"), 150) == []
    assert len(notes_on_equal_scores(comparisons(*SIMPLE, metric="balanced_accuracy"), 150)) == 1


def test_scores_that_differ_speak_for_themselves() -> None:
    assert notes_on_equal_scores(comparisons(0.9, 0.8, 0.9, 0.8, 0.8), 150) == []
    assert notes_on_equal_scores(comparisons(1.0, 0.9, 1.0, 0.9, 1.0), 150) == []


def test_the_results_hold_the_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    quick = {"model": "mlp", "width": 8, "training": {"epochs": 1}}
    found = compare(
        data="digits",
        teacher=quick,
        student=quick,
        method={"name": "kd", "alpha": 0.0},
        protocol={"folds": 2},
        settings=["data.limit=100"],
        out=tmp_path / "out",
    )
    assert any("score the same in every split, but on only 100 rows" in note for note in found.result.notes)
