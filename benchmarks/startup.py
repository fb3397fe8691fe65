"""How long ``overproof --help`` takes."""

from __future__ import annotations

import statistics
import sys

from timing import QUICK, Figure, keep, process


def main() -> None:
    command = [sys.executable, "-m", "overproof", "--help"]
    process(command)  # fills the disk cache
    runs = [process(command) for _ in range(2 if QUICK else 15)]
    keep(
        "startup",
        [Figure("overproof --help, seconds", statistics.median(run.seconds for run in runs), "<= 0.4")],
        seconds=[run.seconds for run in runs],
        cpu_seconds=[run.cpu for run in runs],
    )


if __name__ == "__main__":
    main()
