"""The seventeen silent failures of distillation: each is planted, and named by the doctor or impossible in this house.

The table in docs/doctor.md says which is which.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from overproof.doctor.examining import at_length, briefly
from overproof.doctor.finding import Finding
from overproof.errors import ModelError
from overproof.methods.kd import KD
from overproof.methods.method import Method
from overproof.plan import Plan
from overproof.training.learning import Learning
from overproof.training.rows import Batch
from overproof.verbs.compare import Comparison, compare
from tests.doctor import test_method_scale as scale
from tests.doctor import test_method_terms as terms
from tests.doctor.patients import CLASSES, STUDENT, Best, plan, rows, small
from tests.doctor.test_chance import on_noise
from tests.doctor.test_determinism import Counting, Dropping
from tests.doctor.test_modes import NeverEval, never_train

ROOT = Path(__file__).parents[2]


def named(found: Iterable[Finding], check: str, severity: str = "error") -> bool:
    return any((each.check, each.severity) == (check, severity) for each in found)


def with_method(method: Method) -> Plan:
    study = plan()
    study.methods["student"] = method
    return study


def compared(folder: Path, **given: Any) -> Comparison:
    whole = {"data": rows(), "teacher": Best(), "student": STUDENT, "protocol": {"folds": 4}, **given}
    return compare(**whole, out=folder / "run")


def test_s1_teacher_and_student_exchanged() -> None:
    student = {"model": "mlp", "width": 32, "training": {"epochs": 10}}
    assert named(briefly(plan(teacher=small(), student=student)), "sizes", "warning")


def test_s2_the_soft_loss_compares_the_teacher_with_itself() -> None:
    assert named(briefly(with_method(terms.WithItself())), "method terms")


def test_s3_soft_targets_that_are_not_the_rows(tmp_path: Path) -> None:
    from overproof.doctor.stored_answers import stored_answers
    from overproof.run import Run

    compared(tmp_path)
    study = dataclasses.replace(plan(), brought=Best((1, 2, 3, 0)))
    assert named(stored_answers(study, Run(tmp_path / "run")), "stored answers")


def test_s4_the_soft_loss_is_divided_by_the_number_of_classes() -> None:
    assert named(briefly(with_method(scale.ByClasses())), "method scale", "warning")


def test_s5_temperature_squared_is_missing() -> None:
    assert named(briefly(with_method(scale.NoFactor())), "method scale", "warning")


@pytest.mark.parametrize(
    ("teacher", "check"), [(Dropping(), "determinism"), (Counting(), "determinism"), (NeverEval(), "modes")]
)
def test_s6_the_teacher_is_not_in_eval_mode(teacher: nn.Module, check: str) -> None:
    assert named(briefly(plan(teacher=teacher)), check)


def test_s7_the_student_is_stuck_in_eval_mode() -> None:
    assert named(briefly(plan(student=never_train)), "modes", "warning")


def test_s8_the_teacher_is_fed_inputs_of_another_scale() -> None:
    assert named(at_length(plan(teacher=Best(scale=255.0))), "normalisation")


def test_s9_the_teachers_weights_are_not_loaded_or_its_classes_in_another_order() -> None:
    assert named(briefly(plan(teacher=on_noise())), "chance")
    assert named(briefly(plan(teacher=Best((1, 2, 3, 0)))), "class order")


def test_s10_no_label_is_ignored() -> None:
    labels = np.where(np.arange(480) % 2 == 0, -100, 1)
    assert plan(data=(rows()[0], labels), teacher="mlp", student="mlp").data.classes == ("-100", "1")


def test_s11_a_batch_and_its_halves_give_the_same_gradient() -> None:
    assert named(briefly(with_method(terms.Summed())), "method terms", "warning")
    learning, generator = Learning([KD()], torch.device("cpu")), torch.Generator().manual_seed(0)
    logits, targets = torch.randn(2, 1, 8, CLASSES, generator=generator)
    labels = torch.arange(8)[None] % CLASSES

    def loss(part: slice) -> torch.Tensor:
        batch = Batch(logits[:, part], labels[:, part], targets[:, part])
        return learning.losses(logits[:, part], batch, labels=True)[0]

    halves = (loss(slice(4)) + loss(slice(4, 8))) / 2
    torch.testing.assert_close(halves, loss(slice(8)))


def test_s12_another_number_of_classes_is_refused() -> None:
    with pytest.raises(ModelError, match=r"expected \(2, 4\): the data have 4 classes"):
        plan(teacher=nn.Linear(12, 5))


def test_s13_what_is_kept_of_a_student_is_the_student(tmp_path: Path) -> None:
    compared(tmp_path)
    members = json.loads((tmp_path / "run" / "members.json").read_bytes())
    for member in members:
        state = load_file(tmp_path / "run" / "train" / member["cohort"] / "weights.safetensors")
        own = {name: tensor[member["row"]] for name, tensor in state.items()}
        small().load_state_dict({name.removeprefix("body."): own[name] for name in own if name.startswith("body.")})


@pytest.mark.parametrize("teacher", [Best(), {"model": "mlp", "width": 16}])
def test_s14_no_epoch_is_chosen_on_test_rows(teacher: object) -> None:
    study = plan(teacher=teacher)
    for cohort in (*study.teachers.values(), *study.students.values()):
        for member in cohort.members:
            seen = np.concatenate([member.rows.train, member.rows.validation, member.rows.transfer])
            assert not np.intersect1d(seen, member.split.test).size


def test_s15_simple_has_the_students_recipe_rows_and_weights() -> None:
    study = plan("run.cohorts=separate")
    for split in study.splits:
        student, simple = (study.students[f"{arm}-r{split.repeat}-f{split.fold}"] for arm in ("student", "simple"))
        assert (student.recipe, student.steps, student.batch) == (simple.recipe, simple.steps, simple.batch)
        assert student.architecture is simple.architecture
        assert np.array_equal(student.members[0].rows.train, simple.members[0].rows.train)
        assert student.role == simple.role  # what initial weights, batches and dropout are keyed by


def test_s16_classes_that_are_given_as_several_labels() -> None:
    found = briefly(plan(data=(rows()[0], np.eye(4)[rows()[1]])))
    assert [each.check for each in found] == ["one label"]
    assert "Each of 480 rows has exactly one of the 4 labels" in found[0].evidence
    assert named(briefly(plan(teacher=nn.Sequential(Best(), nn.Sigmoid()))), "logits")


def test_s17_hard_and_soft_weights_exchanged() -> None:
    assert named(briefly(with_method(scale.Reversed())), "method scale")


def test_the_page_tells_what_becomes_of_each() -> None:
    page = (ROOT / "docs" / "doctor.md").read_text("utf-8")
    tests = (Path(__file__)).read_text("utf-8")
    for number in range(1, 18):
        assert f"| S{number} |" in page
        assert f"def test_s{number}_" in tests
