"""What stacking is worth: the step of a cohort against its size, and against the same members one by one.

The second table is the basis of ``MOST_PARAMETERS`` and of the rule for convolutions in ``models/stacking.py``.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from overproof.methods.kd import KD
from overproof.models.architecture import Reference
from overproof.models.cnn import CNN
from overproof.models.cost import parameters
from overproof.models.mlp import MLP
from steps import CLASSES, Steps
from timing import QUICK, ROUNDS, Figure, interleaved, keep

SIZES = (1, 2) if QUICK else (1, 10, 50, 250)
WIDTHS = (16,) if QUICK else (16, 32, 64, 128, 192, 256, 384, 512, 1024)
#: Members of a cohort in the second table: five folds of student and simple.
MEMBERS = 10
SHAPE, ROWS, BATCH = (1, 8, 8), 320, 64

Build = Callable[[], nn.Module]


def builder(reference: Reference) -> Build:
    """Makes fresh modules of a reference model."""
    return lambda: reference.build(SHAPE, CLASSES)


def cohort(build: Build, members: int, inputs: Tensor) -> Steps:
    """Members that differ in their weights and in their method's settings."""
    methods = [KD(alpha=0.1 + 0.8 * own / members, temperature=1.0 + own % 4) for own in range(members)]
    return Steps([build() for _ in range(members)], methods, inputs, BATCH)


def medians(cohorts: dict[Any, Steps]) -> dict[Any, float]:
    """Median CPU milliseconds per step by name, warmed up and in turn."""
    contenders = {name: own.cpu_ms for name, own in cohorts.items()}
    interleaved(contenders, rounds=1)
    return {name: statistics.median(values) for name, values in interleaved(contenders, ROUNDS + 2).items()}


def main() -> None:
    torch.set_num_threads(1)
    inputs = torch.rand(ROWS, *SHAPE, generator=torch.Generator().manual_seed(0))
    scaling = medians({size: cohort(builder(MLP(width=16)), size, inputs) for size in SIZES})
    for size, ms in scaling.items():
        print(f"mlp(width=16), {size:>3} members: {ms:8.2f} ms per step, {ms / size:6.3f} ms per member")
    models: dict[str, Build] = {
        **{f"mlp(width={width})": builder(MLP(width=width)) for width in WIDTHS},
        **{f"cnn(width={width})": builder(CNN(width=width)) for width in (4, 16)},
    }
    table = []
    for name, build in models.items():
        found = medians({members: cohort(build, members, inputs) for members in (1, MEMBERS)})
        gain = MEMBERS * found[1] / found[MEMBERS]
        table.append({"model": name, "parameters": parameters(build()), "one_by_one_over_stacked": gain})
        print(f"{name:<16} {table[-1]['parameters']:>9,} parameters: one by one / stacked {gain:5.2f}")
    last, first = SIZES[-1], SIZES[1] if len(SIZES) > 2 else SIZES[0]
    keep(
        "cohort_scaling",
        [Figure(f"step of {last} members / step of {first}", scaling[last] / scaling[first], "<= 12")],
        cpu_ms_per_step={str(size): ms for size, ms in scaling.items()},
        stacking=table,
    )


if __name__ == "__main__":
    main()
