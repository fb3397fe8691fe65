"""What soft targets cost once they are stored: a student's step against a step of its simple twin."""

from __future__ import annotations

import statistics

import torch

from contenders import fashion
from overproof.methods.kd import KD
from overproof.methods.method import Method
from overproof.methods.simple import Simple
from steps import Steps
from timing import QUICK, Figure, interleaved, keep, ratio

ROWS, ROUNDS = (256, 2) if QUICK else (4_800, 7)


def main() -> None:
    torch.set_num_threads(1)
    inputs = torch.rand(ROWS, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    methods: dict[str, Method] = {
        "student": KD(alpha=fashion.ALPHA, temperature=fashion.TEMPERATURE),
        "simple": Simple(),
    }
    steps = {arm: Steps([fashion.student()], [method], inputs, fashion.BATCH) for arm, method in methods.items()}
    interleaved({arm: own.cpu_ms for arm, own in steps.items()}, rounds=1)  # warm up
    found = interleaved({arm: own.cpu_ms for arm, own in steps.items()}, ROUNDS)
    keep(
        "step_cost",
        [Figure("student step with stored targets / simple step", ratio(found["student"], found["simple"]), "<= 1.05")],
        cpu_ms_per_step={arm: statistics.median(values) for arm, values in found.items()},
    )


if __name__ == "__main__":
    main()
