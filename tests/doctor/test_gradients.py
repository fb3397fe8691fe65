from __future__ import annotations

import numpy as np
import pytest

from overproof.doctor.answers import ask
from overproof.doctor.gradients import gradients
from tests.doctor.patients import Best, checks, only, plan


@pytest.mark.parametrize(("alpha", "weak"), [(0.99999, "hard"), (0.00001, "soft")])
def test_a_loss_without_a_say_is_named(alpha: float, weak: str) -> None:
    study = plan(method={"name": "kd", "alpha": alpha})
    finding = only(gradients(study, ask(study, Best(), np.arange(100))))
    assert finding.severity == "warning"
    assert f"the {weak} loss has no say" in finding.evidence


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
def test_usual_weights_pass(alpha: float, temperature: float) -> None:
    study = plan(method={"name": "kd", "alpha": alpha, "temperature": temperature})
    assert not checks(gradients(study, ask(study, Best(), np.arange(100))))


def test_a_method_without_a_teacher_has_nothing_to_compare() -> None:
    study = plan(method={"name": "simple", "arm": "plain"})
    assert not list(gradients(study, ask(study, Best(), np.arange(100))))
