"""Models are timed in turn and left as they were."""

from __future__ import annotations

import torch
from torch import nn

from overproof.deploy.latency import latencies


def test_every_model_is_timed_against_the_first() -> None:
    big = nn.Sequential(nn.Linear(64, 2048), nn.Dropout(), nn.Linear(2048, 2048), nn.Linear(2048, 10)).train()
    small = nn.Linear(64, 10).eval()
    milliseconds, ratios = latencies({"teacher": big, "student": small}, torch.zeros(1, 64))
    assert milliseconds.keys() == ratios.keys() == {"teacher", "student"}
    assert ratios["teacher"] == 1.0
    assert ratios["student"] > 1.0  # two thousand times the work
    assert big.training
    assert not small.training
