"""A grid of alpha × temperature: 16 settings in 5 folds, one member after another against cohorts."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

import torch

import overproof as op
from overproof.models.mlp import MLP
from timing import QUICK, ROUNDS, Figure, keep, ratio, wall_seconds

ALPHAS, TEMPERATURES = ((0.5,), (1.0, 4.0)) if QUICK else ((0.3, 0.5, 0.7, 0.9), (1.0, 2.0, 4.0, 8.0))
EPOCHS = 1 if QUICK else 20
SEPARATE = {"cohorts": "separate", "executor": "in-process"}


def timed(run: dict[str, str], folder: Path) -> dict[str, float]:
    """Seconds of the train stage and of the whole comparison; its targets are recorded already."""
    torch.manual_seed(0)
    teacher = MLP(width=128).build((1, 8, 8), 10)
    methods = [
        {"name": "kd", "arm": f"kd-{100 * alpha:.0f}-{temperature:.0f}", "alpha": alpha, "temperature": temperature}
        for alpha in ALPHAS
        for temperature in TEMPERATURES
    ]
    found = []
    whole = wall_seconds(
        lambda: found.append(
            op.compare(
                data="digits",
                teacher=teacher,
                student={"model": "mlp", "width": 16, "training": {"epochs": EPOCHS}},
                method=methods,
                run=run,
                out=folder,
            )
        )
    )
    return {"train": found[0].measured.seconds["train"], "whole": whole}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder)
        timed({}, folder / "records")
        rounds = [
            {
                "separate": timed(SEPARATE, folder / f"separate-{number}"),
                "ours": timed({}, folder / f"ours-{number}"),
            }
            for number in range(1 if QUICK else ROUNDS)
        ]
    figures = [
        Figure(
            f"one after another / cohorts, {part}",
            ratio([r["separate"][part] for r in rounds], [r["ours"][part] for r in rounds]),
            ">= 4",
        )
        for part in ("train", "whole")
    ]
    medians = {
        f"{way} {part}": statistics.median(r[way][part] for r in rounds)
        for way in ("separate", "ours")
        for part in ("train", "whole")
    }
    keep("grid", figures, settings=len(ALPHAS) * len(TEMPERATURES), folds=5, epochs=EPOCHS, seconds=medians)


if __name__ == "__main__":
    main()
