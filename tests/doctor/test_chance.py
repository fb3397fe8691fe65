from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from overproof.doctor.answers import Answers, ask
from overproof.doctor.chance import chance
from overproof.doctor.class_order import class_order
from overproof.doctor.finding import Finding, Unchecked
from overproof.doctor.normalisation import normalisation
from tests.doctor.patients import FEATURES, Best, checks, only, plan, rows


def on_noise() -> Best:
    """A teacher that looks at what means nothing, as one whose weights were not loaded."""
    teacher = Best()
    with torch.no_grad():
        teacher.linear.weight.zero_()
        teacher.linear.bias.zero_()
        teacher.linear.weight[:, FEATURES:] = torch.eye(4)
    return teacher


def answers(teacher: Best, labels: np.ndarray | None = None) -> tuple[list[Finding | Unchecked], Answers]:
    study = plan(teacher=teacher)
    said = ask(study, teacher, np.arange(400))
    said = said if labels is None else dataclasses.replace(said, labels=labels)
    return list(chance(study, said)), said


def test_a_teacher_at_chance_is_an_error() -> None:
    finding = only(answers(on_noise())[0])
    assert finding.severity == "error"
    assert "of 400 rows" in finding.evidence
    assert "no more about the labels than chance" in finding.evidence


@pytest.mark.parametrize("seed", range(8))
def test_an_untrained_network_is_named_though_it_keeps_some_structure(seed: int) -> None:
    torch.manual_seed(seed)
    teacher = torch.nn.Sequential(torch.nn.Linear(12, 64), torch.nn.ReLU(), torch.nn.Linear(64, 4))
    study = plan(teacher=teacher)
    said = ask(study, teacher, np.arange(480))
    assert only(chance(study, said)).severity == "error"
    assert not list(class_order(study, said))
    assert not list(normalisation(study, said))


def test_a_teacher_whose_logits_are_all_but_equal_passes() -> None:
    study, teacher = plan(), Best()
    said = ask(study, teacher, np.arange(400))
    assert not list(chance(study, dataclasses.replace(said, logits=said.logits * np.float32(0.001))))


def test_a_teacher_that_knows_something_passes() -> None:
    assert not answers(Best())[0]


def test_worse_than_the_commonest_class_is_named_for_accuracy_only() -> None:
    study = plan(
        data=(rows()[0][:440], np.where(np.arange(440) % 10 == 0, "rare", "common")),
        teacher=with_two(),
        student=with_two,
    )
    said = ask(study, with_two(), np.arange(440))
    weak = dataclasses.replace(said, logits=_weak(said.labels))
    finding = only(chance(study, weak))
    assert finding.severity == "warning"
    assert "always saying 'common' is right on 90.0 %" in finding.evidence
    balanced = dataclasses.replace(
        study,
        study=study.study.model_copy(
            update={"protocol": study.study.protocol.model_copy(update={"metric": "balanced_accuracy"})}
        ),
    )
    assert not list(chance(balanced, weak))


def with_two() -> torch.nn.Module:
    return torch.nn.Linear(12, 2)


def _weak(labels: np.ndarray) -> np.ndarray:
    """Finds half of the rare rows, and takes two of nine common rows for rare."""
    place = np.arange(len(labels))
    rare = np.where(labels == 0, place % 10 < 3, place % 4 > 0)
    said: np.ndarray = 3 * np.eye(2, dtype=np.float32)[rare.astype(int)]
    return said


def test_a_teacher_that_never_says_a_rare_class_is_judged_by_its_probabilities() -> None:
    labels = np.where(np.arange(400) % 20 == 0, 1, 0)
    informed = np.stack([np.full(400, 3.0), np.where(labels == 1, 2.5, -2.0)], axis=1).astype(np.float32)
    study = plan(data=(rows(400)[0], labels), teacher=with_two(), student=with_two)
    said = dataclasses.replace(ask(study, with_two(), np.arange(400)), logits=informed)
    assert not said.said.any()
    assert not list(chance(study, said))


def test_few_rows_show_nothing() -> None:
    study = plan()
    (said,) = chance(study, ask(study, Best(), np.arange(2)))
    assert isinstance(said, Unchecked)


@pytest.mark.parametrize("seed", range(5))
def test_healthy_teachers_of_few_rows_pass(seed: int) -> None:
    study = plan(data=rows(60, seed))
    assert not checks(chance(study, ask(study, Best(), np.arange(24))))
