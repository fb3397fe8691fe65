"""What every benchmark shares: contenders in turn, medians, and a JSON file that says where it was measured.

Ratios are what counts. Contenders are timed in turn, so that a busy machine disturbs them alike, and a ratio is the
median over rounds of the ratio within each round.
"""

from __future__ import annotations

import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from overproof.deploy.machine import machine, versions

ROUNDS = 3
#: The only option: tiny sizes, to see that a benchmark runs. Its figures mean nothing.
QUICK = "--quick" in sys.argv[1:]


@dataclass(frozen=True)
class Figure:
    """One number with its goal."""

    name: str
    value: float
    goal: str
    """``<= number`` or ``>= number``."""

    @property
    def met(self) -> bool:
        """Whether the value keeps the goal."""
        sign, bound = self.goal.split()
        return self.value <= float(bound) if sign == "<=" else self.value >= float(bound)


@dataclass(frozen=True)
class Process:
    """A process that has ended."""

    seconds: float
    """Wall time from start to end."""
    cpu: float
    """Seconds of all cores together, its own processes included."""
    output: str


def interleaved(contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Let contenders measure themselves in turn, round after round; what each measured, by name."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            found[name].append(measure())
    return found


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median over rounds of above / below."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process for some work: what a busy machine disturbs least."""
    start = time.process_time()
    work()
    return time.process_time() - start


def wall_seconds(work: Callable[[], object]) -> float:
    """Wall seconds of some work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Process:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    start = time.perf_counter()
    child = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, text=True
    )
    assert child.stdout is not None
    with child.stdout:
        output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, child.args)
    return Process(seconds, usage.ru_utime + usage.ru_stime, output)


def real_data(name: str) -> Path:
    """A folder of real data: in ``OVERPROOF_TEST_DATA``, or in ``shared/data`` beside the repository; else skip."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("OVERPROOF_TEST_DATA", beside)) / name
    if not folder.is_dir():
        skip(f"there is no folder {name!r} in OVERPROOF_TEST_DATA")
    return folder


def skip(why: str) -> None:
    """End this benchmark because something it needs is not there."""
    print(f"skipped: {why}")
    sys.exit(0)


def keep(name: str, figures: Sequence[Figure], **details: Any) -> None:
    """Print the figures, and write them with the machine to ``results/NAME.json`` (``--quick``: to this folder)."""
    for figure in figures:
        verdict = "" if QUICK else ("  met" if figure.met else "  NOT met")
        print(f"{figure.name:<60} {figure.value:9.3f}   goal {figure.goal}{verdict}")
    found = {
        "name": name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "quick": QUICK,
        "machine": {**machine(), "load": f"{os.getloadavg()[0]:.1f}"},
        "versions": versions(),
        "figures": [{**asdict(figure), "met": figure.met} for figure in figures],
        "details": details,
    }
    folder = Path() if QUICK else Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", "utf-8")
