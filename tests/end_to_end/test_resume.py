"""Interrupted in any way, the same command continues and ends with the same bytes; workers change nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from overproof.errors import OutputError
from overproof.run import Run
from tests.end_to_end.conftest import Cli, arguments
from tests.end_to_end.test_compare import result_bytes

#: Enough jobs, and enough work in each, to be interrupted in the midst of it.
LONG = (
    *("--set", "student.training.epochs=150"),
    *("--set", "teacher.training.epochs=60"),
    *("--set", "run.cohorts=separate"),
)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The result of the run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("straight")
    subprocess.run(
        arguments("compare", "--out", "run", *LONG, "--executor", "in-process"),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return result_bytes(folder / "run")


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A comparison in a process group of its own, as a terminal would start it."""
    # a shell that runs tests in the background has Ctrl-C ignored, and children inherit that
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            arguments("compare", "--out", "run", *LONG, *words),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    """Until something is there, or the process has ended."""
    while not condition() and process.poll() is None:
        time.sleep(0.01)


@pytest.mark.parametrize("executor", ["in-process", "processes"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_continued(tmp_path: Path, wanted: bytes, executor: str, how: signal.Signals) -> None:
    process = start(tmp_path, "--executor", executor)
    wait_for(lambda: list(tmp_path.glob("run/train/*/manifest.json")), process)
    children = workers_of(process.pid)
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[how], said
    if how != signal.SIGKILL:
        assert said.strip().endswith("the same command continues the run")
        assert "Traceback" not in said
    assert not (tmp_path / "run" / "results.json").exists()
    deadline = time.monotonic() + 20
    while any(alive(child) for child in children):
        assert time.monotonic() < deadline, "a worker has outlived its owner"
        time.sleep(0.05)
    again = start(tmp_path, "--executor", executor)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert "done before" in said
    assert result_bytes(tmp_path / "run") == wanted


def test_workers_give_the_same_bytes(tmp_path: Path, wanted: bytes) -> None:
    process = start(tmp_path, "--executor", "processes")
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert result_bytes(tmp_path / "run") == wanted
    assert not (tmp_path / "run" / "handover").exists()


def test_a_killed_worker_is_replaced(tmp_path: Path, wanted: bytes) -> None:
    process = start(tmp_path, "--executor", "processes")
    wait_for(lambda: list(tmp_path.glob("run/train/*/manifest.json")), process)
    for worker in workers_of(process.pid):  # all of them: with jobs left, one at least has one in hand
        os.kill(worker, signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "a worker died" in said
    assert result_bytes(tmp_path / "run") == wanted


def test_a_second_process_is_told_who_has_the_run(cli: Cli, tmp_path: Path) -> None:
    assert cli("compare", "--out", "run").returncode == 0
    with Run(tmp_path / "run").locked():
        second = cli("compare", "--out", "run")
    assert second.returncode == OutputError.exit_code
    assert f"in use by process {os.getpid()}" in second.stderr
    assert cli("compare", "--out", "run").returncode == 0


def test_a_plain_script_without_a_main_guard_may_use_workers(tmp_path: Path) -> None:
    (tmp_path / "students.py").write_text(
        "from torch import nn\ndef small(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(
        "import overproof as op\nfrom students import small\n"
        "print(op.compare(data='digits', teacher='mlp', student=small, protocol={'folds': 2}, out='run',\n"
        "      settings=['data.limit=200', 'teacher.training.epochs=1'], run={'executor': 'processes'}).verdict)\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("student") >= 1
    assert done.stderr == ""


def workers_of(pid: int) -> list[int]:
    """Worker processes of a process, from the kernel's own list."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
