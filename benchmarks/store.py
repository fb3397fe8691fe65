"""The soft-target store: reading random batches, memory while recording, and recording against the bare teacher."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from contenders import fashion
from overproof.models.architecture import memory_format
from overproof.models.inference import BATCH, predict
from overproof.targets.codecs import Dense
from overproof.targets.reading import Targets
from overproof.targets.recording import Recording, fill, rows_per_shard
from timing import QUICK, ROUNDS, Figure, cpu_seconds, interleaved, keep, ratio

CPU = torch.device("cpu")
CLASSES = 1_000
ROW = 4 * CLASSES
READ_BYTES, RECORDED_BYTES = (1 << 22, 1 << 23) if QUICK else (1_000_000_000, 2_000_000_000)
BATCHES, TEACHER_ROWS = (20, 256) if QUICK else (500, 2_048)


def recording(rows: int, shape: tuple[int, ...], name: str) -> Recording:
    """A recording under a key of its own."""
    codec = Dense()
    per_shard = rows_per_shard(rows, codec.stored(shape).itemsize, BATCH)
    return Recording(name, {"benchmark": name}, rows, shape, codec, per_shard, BATCH)


def quiet(line: str) -> None:
    """Nobody listens."""


def numbers(start: int, stop: int) -> NDArray[np.float32]:
    """Outputs of a teacher that takes no time."""
    return np.arange(start * CLASSES, stop * CLASSES, dtype=np.float32).reshape(-1, CLASSES)


def reading() -> tuple[Figure, dict[str, float]]:
    """Random batches from the store, and from the same rows in memory."""
    wanted = recording(READ_BYTES // ROW, (CLASSES,), "reading")
    stored = Targets(fill(wanted, numbers, quiet), wanted.shape, wanted.codec)
    memory = stored.whole()
    draws = np.random.default_rng(0).integers(len(stored), size=(BATCHES, 128))

    def all_batches(read: Callable[[NDArray[np.int64]], Any]) -> Callable[[], float]:
        return lambda: cpu_seconds(lambda: [read(rows) for rows in draws])

    contenders = {"store": all_batches(stored.at), "memory": all_batches(lambda rows: memory[rows])}
    interleaved(contenders, rounds=1)
    found = interleaved(contenders, ROUNDS + 4)
    figure = Figure("random batch from the store / from memory", ratio(found["store"], found["memory"]), "<= 2.5")
    return figure, {name: 1e3 * statistics.median(values) / BATCHES for name, values in found.items()}


def growth() -> float:
    """MB by which this process's peak memory grows while it records."""
    fill(recording(BATCH, (CLASSES,), "warm-up"), numbers, quiet)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fill(recording(RECORDED_BYTES // ROW, (CLASSES,), "growth"), numbers, quiet)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e6


def against_the_teacher() -> tuple[Figure, dict[str, float]]:
    """Recording a teacher, and its bare forward pass over the same rows in the same batches."""
    torch.manual_seed(0)
    teacher = fashion.teacher().eval()
    layout = memory_format(teacher)
    placed: nn.Module = teacher.to(CPU, memory_format=layout)  # type: ignore[call-overload]
    inputs = np.random.default_rng(0).random((TEACHER_ROWS, 1, 28, 28), dtype=np.float32)
    ids = np.arange(TEACHER_ROWS, dtype=np.uint64)
    counter = iter(range(100))

    def answer(start: int, stop: int) -> NDArray[np.float32]:
        return predict(teacher, inputs[start:stop], ids[start:stop], CPU)

    def record() -> None:
        fill(recording(TEACHER_ROWS, (10,), f"teacher {next(counter)}"), answer, quiet)

    def forward() -> None:
        with torch.inference_mode():
            for start in range(0, TEACHER_ROWS, BATCH):
                placed(torch.from_numpy(inputs[start : start + BATCH]).to(CPU, memory_format=layout))

    found = interleaved({"record": lambda: cpu_seconds(record), "forward": lambda: cpu_seconds(forward)}, ROUNDS + 2)
    figure = Figure("recording / bare forward passes", ratio(found["record"], found["forward"]), "<= 1.10")
    return figure, {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        program = "import store; print(store.growth())"
        if "--quick" in sys.argv:
            program = f"import sys; sys.argv.append('--quick'); {program}"
        told = subprocess.run(
            [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
        read, read_ms = reading()
        recorded, seconds = against_the_teacher()
    grown = Figure("growth of peak memory while recording, MB", float(told.stdout.split()[-1]), "<= 300")
    keep("store", [read, grown, recorded], cpu_ms_per_batch=read_ms, cpu_seconds=seconds)


if __name__ == "__main__":
    main()
