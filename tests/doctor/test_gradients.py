from __future__ import annotations

import numpy as np
import pytest
from torch import Tensor

from overproof.doctor.answers import ask
from overproof.doctor.gradients import gradients
from overproof.methods.method import Method, Outputs, Term
from tests.doctor.patients import Best, checks, only, plan
from tests.doctor.test_method_terms import Planted


@pytest.mark.parametrize(("alpha", "weak"), [(0.99999, "hard"), (0.00001, "soft")])
def test_a_loss_without_a_say_is_named(alpha: float, weak: str) -> None:
    study = plan(method={"name": "kd", "alpha": alpha})
    finding = only(gradients(study, ask(study, Best(), np.arange(100))))
    assert finding.severity == "warning"
    assert f"the {weak} loss has no say" in finding.evidence


class Broken(Planted, name="broken"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        raise KeyError("layer1")


class DetachedHard(Planted, name="detached-hard"):
    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        terms = super().loss(student, teacher, labels)
        return {**terms, "hard": Term(0.5, terms["hard"].value.detach())}


@pytest.mark.parametrize(
    ("method", "severity", "says"),
    [(Broken(), "error", "fails with KeyError('layer1')"), (DetachedHard(), "warning", "the hard loss has no say")],
)
def test_a_method_that_fails_or_reaches_no_student_is_named(method: Method, severity: str, says: str) -> None:
    study = plan()
    study.methods["student"] = method
    finding = only(gradients(study, ask(study, Best(), np.arange(100))))
    assert (finding.severity, says in finding.evidence) == (severity, True)
    assert "more weight" not in finding.remedy


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
def test_usual_weights_pass(alpha: float, temperature: float) -> None:
    study = plan(method={"name": "kd", "alpha": alpha, "temperature": temperature})
    assert not checks(gradients(study, ask(study, Best(), np.arange(100))))


def test_a_method_without_a_teacher_has_nothing_to_compare() -> None:
    study = plan(method={"name": "simple", "arm": "plain"})
    assert not list(gradients(study, ask(study, Best(), np.arange(100))))
