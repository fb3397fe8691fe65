"""A store of one's own, and entries small enough to record many times."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.targets.codecs import Codec, Dense
from overproof.targets.recording import Recording

ROWS, CLASSES, PER_SHARD, BATCH = 50, 3, 8, 4

#: The beginning of a program that records the same entry as the fixtures, slowly, and logs what it computes.
PROGRAM = f"""
import sys, time
from pathlib import Path
import numpy as np
from overproof.targets.codecs import Dense
from overproof.targets.recording import Recording, fill
from overproof.targets.store import Entry
recording = Recording("one", {{"of": "tests"}}, {ROWS}, ({CLASSES},), Dense(), {PER_SHARD}, {BATCH})
outputs = np.random.default_rng(0).standard_normal(({ROWS}, {CLASSES})).astype(np.float32)
def compute(start, stop):
    with Path(sys.argv[1]).open("a") as log: log.write(f"{{start}}\\n")
    time.sleep(float(sys.argv[2]))
    return outputs[start:stop]
"""


@pytest.fixture(autouse=True)
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def outputs() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((ROWS, CLASSES)).astype(np.float32)


@pytest.fixture
def recording() -> Callable[..., Recording]:
    """Makes what is to be recorded; the same arguments make the same entry."""

    def make(codec: Codec | None = None, **components: Any) -> Recording:
        facts = {"of": "tests", **components}
        return Recording("one", facts, ROWS, (CLASSES,), codec or Dense(), PER_SHARD, BATCH)

    return make


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts a program after :data:`PROGRAM`, which takes a log file and a delay."""

    def run(program: str, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-c", PROGRAM + program, *arguments]
        return subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        )

    return run
