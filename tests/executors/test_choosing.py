"""Who performs the jobs follows from the study and the machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
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


def program_of(pid: int) -> bytes:
    """The command line of a process, which is empty for a moment while the program starts."""
    while not (found := Path(f"/proc/{pid}/cmdline").read_bytes()):
        time.sleep(0.01)
    return found


@pytest.mark.parametrize("epochs", [1, 10_000])
def test_auto_starts_workers_for_much_work_only_and_never_ray(tmp_path: Path, epochs: int) -> None:
    settings = ["data.limit=200", "run.device=cpu", "teacher.training.epochs=1", f"student.training.epochs={epochs}"]
    prepared = prepare(None, Given(), settings, trust=False)
    run = Run.claim(tmp_path / "run", prepared.identity)
    before = workers_of(os.getpid())
    with executor(prepared.plan, run, Watcher(), prepared.portable):
        started = set(workers_of(os.getpid())).difference(before)
        programs = [program_of(pid) for pid in started]
    assert bool(programs) == (epochs > 1 and cores() > 1)
    assert all(b"overproof.executors.worker" in program for program in programs)


def test_a_method_of_the_users_own_runs_in_this_process(tmp_path: Path) -> None:
    """Workers could not find it; in a process of its own here, since a method stays in the catalogue."""
    script = tmp_path / "own.py"
    script.write_text(
        """
from dataclasses import dataclass
import overproof as op
from overproof.methods.kd import KD
from overproof.methods.method import Method
from overproof.progress import Watcher

@dataclass(frozen=True)
class Mine(Method, name="mine", paper=None):
    needs_teacher = True
    def loss(self, student, teacher, labels):
        return KD(alpha=0.5, temperature=2.0).loss(student, teacher, labels)

class Printing(Watcher):
    def say(self, line):
        print(line)

quick = {"model": "mlp", "width": 8, "training": {"epochs": 1}}
op.compare(data="digits", teacher=quick, student=quick, method=Mine(), protocol={"folds": 2},
           run={"executor": "processes"}, settings=["data.limit=200"],
           out="run", watcher=Printing())
"""
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "so everything runs in this process" in done.stdout
