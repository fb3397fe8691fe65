"""A study small enough to run many times, real in every part."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

#: Settings that make the default study finish in about a second.
SMALL = (
    "data.limit=300",
    "teacher.model=mlp",
    "teacher.width=32",
    "teacher.training.epochs=3",
    "student.model=mlp",
    "student.width=8",
    "student.training.epochs=3",
    "protocol.folds=3",
    "protocol.repeats=1",
    "protocol.student_rows=0.5",
)

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def arguments(*words: str, small: bool = True) -> list[str]:
    """The words of a command line that compares the small study."""
    settings = [word for setting in SMALL if small and words[0] == "compare" for word in ("--set", setting)]
    return [sys.executable, "-m", "overproof", words[0], *settings, *words[1:]]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Runs ``overproof`` in an empty folder, as a user would."""

    def run(*words: str, small: bool = True, environment: dict[str, str] | None = None) -> Any:
        return subprocess.run(
            arguments(*words, small=small),
            cwd=tmp_path,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def compared(tmp_path: Path) -> Callable[..., Any]:
    """Runs the small study in this process, in its own folder."""
    from overproof.verbs.compare import compare

    def run(*settings: str, out: str = "run", **given: Any) -> Any:
        wanted: Sequence[str] = [*SMALL, *settings] if not given.keys() & {"data", "teacher", "student"} else settings
        return compare(settings=wanted, out=tmp_path / out, **given)

    return run
