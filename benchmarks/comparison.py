"""A five-fold comparison with a given teacher: a plain loop and torchdistill, each against overproof.

Every contender runs in a fresh process on the same rows, with the same teacher, student, epochs and batch size, and
overproof's store is empty. What is timed is the work after the imports and, beside it, the whole process.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from contenders import fashion
from overproof.sources import catalogue as sources
from overproof.study import Data
from timing import QUICK, ROUNDS, Figure, keep, process, ratio, real_data, skip

ROWS, EPOCHS = (300, 1) if QUICK else (6_000, 6)
TEACHER_STEPS = 1 if QUICK else 60
CONTENDERS = ("plain", "peer", "ours")
#: How far apart the mean accuracies of an arm may be where all compute the same thing.
ALIKE = 0.03


def prepare(folder: Path) -> None:
    """Choose the rows and train the teacher briefly; everybody is given the same."""
    rows = sources.load(Data(source=str(real_data("fashion-mnist")), limit=ROWS), seed=0)
    np.savez(folder / "rows.npz", inputs=rows.inputs, labels=rows.labels)
    torch.manual_seed(0)
    teacher = fashion.teacher()
    optimise = torch.optim.AdamW(teacher.parameters(), lr=fashion.LEARNING_RATE)
    for _ in range(TEACHER_STEPS):
        batch = torch.randint(len(rows), (fashion.BATCH,))
        logits = teacher(torch.from_numpy(rows.inputs)[batch])
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(rows.labels)[batch])
        optimise.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimise.step()
    torch.save(teacher.state_dict(), folder / "teacher.pt")


def contend(name: str, folder: Path) -> dict[str, Any]:
    """Run one contender in a fresh process with an empty store."""
    script = Path(__file__).parent / "contenders" / f"{name}.py"
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        done = process([sys.executable, script, folder, str(EPOCHS)], {"XDG_CACHE_HOME": cache})
    found: dict[str, Any] = json.loads(done.output.splitlines()[-1])
    found.update(whole=done.seconds, cpu=done.cpu)
    means = {arm: round(statistics.mean(values), 4) for arm, values in found["scores"].items()}
    print(
        f"{name}: work {found['work']:.1f} s, process {done.seconds:.1f} s, cores {done.cpu:.1f} s, {means}", flush=True
    )
    return found


def main() -> None:
    if importlib.util.find_spec("torchdistill") is None:
        skip('torchdistill is not installed: pip install "overproof[bench]"')
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for _ in range(1 if QUICK else ROUNDS):
            rounds.append({name: contend(name, folder) for name in CONTENDERS})
    figures = [
        Figure(
            f"{name} / ours, {kind}", ratio([r[name][kind] for r in rounds], [r["ours"][kind] for r in rounds]), ">= 10"
        )
        for kind in ("work", "whole")
        for name in ("plain", "peer")
    ]
    apart = _apart(rounds[0])
    if not QUICK:
        figures.append(Figure("largest difference between mean accuracies", apart, f"<= {ALIKE}"))
    keep("comparison", figures, rows=ROWS, epochs=EPOCHS, rounds=rounds)


def _apart(contenders: dict[str, Any]) -> float:
    """The largest difference between contenders in an arm's mean accuracy."""
    scores: list[dict[str, list[float]]] = [each["scores"] for each in contenders.values()]
    means = [{arm: statistics.mean(values) for arm, values in own.items()} for own in scores]
    return max(max(mean[arm] for mean in means) - min(mean[arm] for mean in means) for arm in means[0])


if __name__ == "__main__":
    main()
