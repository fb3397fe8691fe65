"""Arms with given scores, for what is judged from scores alone."""

from __future__ import annotations

from overproof import statistics
from overproof.results import Arm, Role


def an_arm(name: str, role: Role, metric: str, values: list[float]) -> Arm:
    return Arm(
        name=name,
        role=role,
        model="cnn(width=4)",
        method=None,
        parameters=1,
        macs=None,
        size=4,
        scores={metric: statistics.spread(values)},
        curves=[],
    )
