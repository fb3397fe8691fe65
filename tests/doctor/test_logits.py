from __future__ import annotations

import numpy as np
import pytest
from torch import Tensor, nn

from overproof.doctor.answers import ask
from overproof.doctor.logits import logits
from tests.doctor.patients import Best, checks, only, plan


class Through(Best):
    """The best teacher with a last layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, inputs: Tensor) -> Tensor:
        last: Tensor = self.layer(super().forward(inputs))
        return last


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (nn.Softmax(dim=-1), "add up to 1: they are probabilities, not logits"),
        (nn.Sigmoid(), "look like sigmoids, and softmax over 4 such numbers never exceeds 0.48"),
        (nn.Hardtanh(500, 501), "the same logits to all 100 rows"),
    ],
)
def test_what_is_no_logits_is_named(layer: nn.Module, says: str) -> None:
    study = plan(teacher=Through(layer))
    finding = only(logits(study, ask(study, Through(layer), np.arange(100))))
    assert finding.severity == "error"
    assert says in finding.evidence


@pytest.mark.parametrize("layer", [nn.Identity(), nn.LogSoftmax(dim=-1), nn.ReLU()])
def test_logits_and_log_probabilities_pass(layer: nn.Module) -> None:
    study = plan(teacher=Through(layer))
    assert not checks(logits(study, ask(study, Through(layer), np.arange(100))))
