"""Who performs the jobs follows from the study and the machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from overproof.deploy.machine import cores
from overproof.errors import MissingExtraError
from overproof.executors.choosing import executor
from overproof.progress import Watcher
from overproof.run import Run
from overproof.verbs.preparing import Given, prepare
from tests.end_to_end.conftest import arguments
from tests.end_to_end.test_resume import workers_of
from tests.executors.conftest import Compared

without_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="the extra is installed")


@without_ray
def test_a_missing_extra_is_one_sentence_with_the_command_that_installs_it(tmp_path: Path) -> None:
    words = arguments("compare", "--out", "run", "--executor", "ray")
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == MissingExtraError.exit_code == 69
    assert done.stderr == (
        "error: run.executor = 'ray' needs Ray, which is not installed: pip install \"overproof[ray]\"\n"
    )


@without_ray
def test_a_run_that_missed_its_extra_continues_with_another_executor(compared: Compared) -> None:
    with pytest.raises(MissingExtraError):
        compared("computes", "ray")
    assert compared("computes", "in-process").result


@pytest.mark.parametrize("epochs", [1, 10_000])
def test_auto_starts_workers_for_much_work_only_and_never_ray(tmp_path: Path, epochs: int) -> None:
    settings = ["data.limit=200", "run.device=cpu", "teacher.training.epochs=1", f"student.training.epochs={epochs}"]
    prepared = prepare(None, Given(), settings, trust=False)
    run = Run.claim(tmp_path / "run", prepared.identity)
    before = workers_of(os.getpid())
    with executor(prepared.plan, run, Watcher(), prepared.portable):
        started = set(workers_of(os.getpid())).difference(before)
        programs = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in started]
    assert bool(programs) == (epochs > 1 and cores() > 1)
    assert all(b"overproof.executors.worker" in program for program in programs)
