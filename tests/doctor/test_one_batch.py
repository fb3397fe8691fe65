from __future__ import annotations

import torch
from torch import Tensor, nn

from overproof.doctor.one_batch import one_batch
from tests.doctor.patients import STUDENT, checks, only, plan, small


class Blind(nn.Module):
    """Looks at nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(4))

    def forward(self, inputs: Tensor) -> Tensor:
        return 0 * inputs[:, :4] + self.logits


class Cut(nn.Module):
    """No gradient reaches its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(12, 4)

    def forward(self, inputs: Tensor) -> Tensor:
        with torch.no_grad():
            logits: Tensor = self.linear(inputs)
        return logits


def test_a_student_that_does_not_look_is_named() -> None:
    finding = only(one_batch(plan(student=Blind)))
    assert finding.severity == "error"
    assert "without looking at the rows it would be 1.3" in finding.evidence


def test_a_student_without_gradients_is_named() -> None:
    assert only(one_batch(plan(student=Cut))).severity == "error"


def test_students_that_can_learn_pass_whatever_their_recipe() -> None:
    for rate in (1e-6, 0.02, 100.0):
        assert not checks(one_batch(plan(student={**STUDENT, "training": {"learning_rate": rate}})))
    assert not checks(one_batch(plan(student={"model": "mlp", "width": 4, "dropout": 0.2})))


def test_nobody_elses_randomness_is_touched() -> None:
    study = plan(student=small)
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    list(one_batch(study))
    assert torch.rand(1).equal(wanted)
