from __future__ import annotations

from pathlib import Path

import pytest
import torch

from overproof.doctor.examination import name_of
from overproof.doctor.examining import (
    OF_THE_MODELS,
    OF_THE_PLAN,
    OF_THE_TEACHER,
    at_length,
    before_a_run,
    briefly,
)
from overproof.progress import Watcher
from overproof.run import Run
from overproof.verbs.compare import compare
from tests.doctor.patients import STUDENT, Best, checks, plan, rows, small

TEACHER = {"model": "mlp", "width": 32, "training": {"epochs": 10}}


class Heard(Watcher):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def test_every_check_is_made_or_said_not_to_be() -> None:
    for given in ({}, {"teacher": TEACHER}):
        found = at_length(plan(**given))
        assert list(found) == []
        assert not set(found.checked) & found.unchecked.keys()
        files = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
        names = {name.replace(" ", "_") for name in (*found.checked, *found.unchecked)}
        parts = "answers association class_means evidence examination examining features finding healthy kinds probe "
        parts += "silent_failures trial"
        assert names == {file.removeprefix("test_") for file in files} - set(parts.split())


def test_the_short_form_makes_the_checks_that_need_no_training() -> None:
    found = briefly(plan())
    of_the_study = [*map(name_of, OF_THE_PLAN), *map(name_of, OF_THE_MODELS)]
    assert found.checked == [*of_the_study, *map(name_of, OF_THE_TEACHER)]
    found = briefly(plan(teacher=TEACHER))
    assert found.checked == of_the_study
    assert list(found.unchecked) == [*map(name_of, OF_THE_TEACHER)]


def test_findings_are_said_before_a_run() -> None:
    heard = Heard()
    before_a_run(plan(teacher=torch.nn.Sequential(Best(), torch.nn.Softmax(dim=-1))), heard)
    (line,) = heard.lines
    assert line.startswith("error: All 480 answers of the teacher lie in ")
    assert "add up to 1: they are probabilities, not logits." in line


def test_a_teacher_trained_in_a_run_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"data": rows(), "teacher": TEACHER, "student": STUDENT, "protocol": {"folds": 4}}
    compare(**given, out=tmp_path / "run")  # type: ignore[arg-type]
    monkeypatch.delattr("overproof.doctor.trial.teach")
    found = at_length(plan(teacher=TEACHER), Run(tmp_path / "run"))
    assert list(found) == []
    assert {"chance", "memorising", "against simple", "stored answers"} <= set(found.checked)


def test_what_takes_too_long_is_not_trained() -> None:
    long = {"model": "mlp", "training": {"epochs": 100_000}}
    found = at_length(plan(teacher=long, student=long))
    for name in ("chance", "class order", "logits", "memorising", "gradients", "against simple", "shuffled labels"):
        assert "seconds, more than an examination may" in found.unchecked[name]


def test_a_slow_teacher_is_not_asked_before_a_run() -> None:
    found = briefly(plan(teacher=Repeating()))
    assert "The teacher is slow: there is time for" in found.unchecked["chance"]


class Repeating(Best):
    """Multiplies as much for a row as a network of two hundred million operations."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        waste = torch.ones(1000, 450) @ torch.ones(450, 450)
        return super().forward(inputs) + 0 * waste.sum()


class Refusing(Best):
    """A teacher that answers two rows, and not a whole batch."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if len(inputs) > 2:
            raise RuntimeError("out of memory")
        return super().forward(inputs)


def test_a_teacher_that_fails_is_a_finding() -> None:
    found = at_length(plan(teacher=Refusing()))
    (finding,) = [each for each in found if each.check == "teacher"]
    assert finding.evidence == "It fails with RuntimeError('out of memory')."
    assert found.unchecked["chance"] == found.unchecked["against simple"] == "The teacher could not be asked."


def test_a_teacher_that_cannot_be_trained_is_a_finding() -> None:
    wild = {"model": "mlp", "training": {"epochs": 30, "learning_rate": 1e30}}
    found = at_length(plan(teacher=wild))
    assert [each.evidence.split(" in ")[0] for each in found] == ["teach/teacher-r0-f0: the loss is not finite"]


def test_a_cause_is_named_in_place_of_its_symptom() -> None:
    for teacher, cause in ((Best((1, 2, 3, 0)), "class order"), (Best(scale=255.0), "normalisation")):
        names = [name for name, _ in checks(at_length(plan(teacher=teacher)))]
        assert cause in names
        assert not ({"chance", "class order", "normalisation"} - {cause}) & set(names)


def frozen() -> torch.nn.Module:
    return small().requires_grad_(False)


def test_a_student_that_cannot_be_trained_is_said_once() -> None:
    found = at_length(plan(student={**STUDENT, "model": frozen}))
    assert ("simple", "error") in checks(found)
    assert found.unchecked["shuffled labels"] == "Simple could not be trained."


class SometimesInfinite(Best):
    """Fails for a row in a few hundred only."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return super().forward(inputs) / (inputs[:, 8:9] < 2)


def test_a_teacher_that_fails_for_some_rows_is_a_finding() -> None:
    found = at_length(plan(teacher=SometimesInfinite()))
    assert "not finite" in next(each for each in found if each.check == "teacher").evidence


def of_the_batch() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.BatchNorm1d(12, track_running_stats=False), small())


def test_models_that_refuse_a_single_row_are_examined() -> None:
    for given in ({"teacher": of_the_batch()}, {"student": {**STUDENT, "model": of_the_batch}}):
        assert ("determinism", "error") in checks(at_length(plan(**given)))
