"""How long ``overproof --help`` takes."""

from __future__ import annotations

import statistics
import sys

from timing import QUICK, Figure, keep, process


def main() -> None:
    command = [sys.executable, "-m", "overproof", "--help"]
    process(command)  # fills the disk cache
    seconds = [process(command).seconds for _ in range(2 if QUICK else 15)]
    keep("startup", [Figure("overproof --help, seconds", statistics.median(seconds), "<= 0.4")], seconds=seconds)


if __name__ == "__main__":
    main()
