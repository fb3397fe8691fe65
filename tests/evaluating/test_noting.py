"""What a reader is told beside a verdict."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof import statistics
from overproof.data.dataset import UNLABELLED, Dataset
from overproof.evaluating.judging import judge
from overproof.evaluating.noting import notes, notes_on_equal_scores
from overproof.results import Arm, Comparison, Role
from overproof.run import Run
from overproof.study import Study
from overproof.targets.record import NOTES
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Given, prepare

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


def told(teacher: Any, folder: Path, *, protocol: dict[str, Any] | None = None, **teachers: Any) -> list[str]:
    """The notes on a plan, before anything is computed; teachers that are fitted have said nothing of themselves."""
    rng = np.random.default_rng(0)
    labels = (rng.random((60, 2)) < 0.5).astype(np.float32)
    labels[:, 1] = 1
    data = Dataset(
        "rows",
        rng.normal(size=(60, 3)).astype(np.float32),
        labels,
        np.arange(60, dtype=np.uint64),
        ("big", "late"),
        "multilabel",
        parts=np.repeat(np.array([0, UNLABELLED], dtype=np.int8), [50, 10]),
    )
    data.labels[50:] = np.nan
    student = {"model": "mlp", "width": 4, "training": {"epochs": 1}}
    settings = {"folds": 2, **(protocol or {})}
    given = Given(data=data, teacher={"model": teacher, **teachers}, student=student, protocol=settings)
    plan, run = prepare(None, given, (), trust=False).plan, Run.claim(folder / "run", {})
    for key in plan.fits:
        run.commit(f"teach/{key}", {NOTES: b"[]"})
    return notes(plan, run, [])


@pytest.mark.parametrize(
    ("teacher", "counted", "end"),
    [
        ("mlp", "the student and its teacher's answers", "What trained the teacher is not counted."),
        ("sklearn:LogisticRegression", "the student", "The teacher, its answers included, is not counted."),
        (["mlp", "mlp"], "the student", "The teacher, its answers included, is not counted."),
    ],
)
def test_what_longer_is_worth_says_whose_work_is_counted(teacher: Any, counted: str, end: str, tmp_path: Path) -> None:
    (note,) = (note for note in told(teacher, tmp_path, protocol={"controls": True}) if "longer" in note)
    assert re.search(rf"as much work as {counted}(\.| would take)", note)
    assert note.endswith(f". {end}")


def test_labels_that_say_nothing_are_named_whatever_rows_without_labels_there_are(tmp_path: Path) -> None:
    assert "Every row says the same about late: nothing can be learnt about that." in told("mlp", tmp_path)


@pytest.mark.parametrize(
    ("teacher", "keys", "protocol", "begin"),
    [
        ("sklearn:ExtraTreesClassifier", {}, {}, "What the teacher says about rows it is fitted on is out-of-fold"),
        (["mlp", "sklearn:ExtraTreesClassifier"], {}, {}, "What sklearn:ExtraTreesClassifier of the ensemble says"),
        ("sklearn:ExtraTreesClassifier", {"cross_fit": False}, {}, "The teacher knows the rows it is fitted on by h"),
        ("sklearn:ExtraTreesClassifier", {}, {"teacher_rows": "all"}, "The teacher knows the rows it is fitted on by"),
        ("sklearn:LogisticRegression", {"cross_fit": True}, {}, "What the teacher says about rows it is fitted on is"),
        ("sklearn:LogisticRegression", {}, {}, ""),
        ("mlp", {}, {}, ""),
    ],
)
def test_it_is_told_whether_a_teacher_speaks_of_rows_it_has_by_heart(
    tmp_path: Path, teacher: Any, keys: dict[str, Any], protocol: dict[str, Any], begin: str
) -> None:
    found = [note for note in told(teacher, tmp_path, protocol=protocol, **keys) if "fitted on" in note]
    assert len(found) == bool(begin)
    assert all(note.startswith(begin) for note in found)
