"""Ray: the same result, errors as the job raised them, a Ray that was there stays, and ours leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from overproof.errors import ModelError, OverproofError
from overproof.executors.outcome import ATTEMPTS
from tests.end_to_end.test_compare import result_bytes
from tests.end_to_end.test_resume import start, wait_for
from tests.executors.conftest import Compared, alive, noted

ray = pytest.importorskip("ray", reason='the extra is not installed: pip install "overproof[ray]"')


@pytest.fixture(scope="module")
def initialised() -> Iterator[None]:
    """Ray, as a user has initialised it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        yield
        ray.shutdown()


@pytest.mark.usefixtures("initialised")
def test_tasks_give_the_same_bytes_and_leave_ray_running(compared: Compared, tmp_path: Path) -> None:
    compared("computes", "in-process", out="here")
    compared("computes", "ray")
    workers = noted(tmp_path, "workers")
    assert workers
    assert os.getpid() not in workers
    assert result_bytes(tmp_path / "run") == result_bytes(tmp_path / "here")
    assert ray.is_initialized()


@pytest.mark.usefixtures("initialised")
def test_a_job_that_lost_its_worker_is_done_again(compared: Compared, tmp_path: Path) -> None:
    compared("dies_once", "in-process", out="here")
    compared("dies_once", "ray")
    assert noted(tmp_path, "deaths")
    assert result_bytes(tmp_path / "run") == result_bytes(tmp_path / "here")


@pytest.mark.usefixtures("initialised")
def test_a_job_that_keeps_losing_its_worker_is_given_up(compared: Compared, tmp_path: Path) -> None:
    with pytest.raises(OverproofError, match=rf"^Ray lost the worker of \w+/\S+ {ATTEMPTS} times"):
        compared("dies", "ray")
    assert len(noted(tmp_path, "deaths")) >= ATTEMPTS


@pytest.mark.usefixtures("initialised")
def test_an_error_of_ours_arrives_as_it_was(compared: Compared) -> None:
    with pytest.raises(ModelError, match=r"^this student does not want to be trained$"):
        compared("refuses", "ray")


@pytest.mark.usefixtures("initialised")
def test_any_other_error_names_its_job(compared: Compared) -> None:
    with pytest.raises(OverproofError, match=r"^\w+/\S+ failed: KeyError\('nothing that overproof knows'\)$"):
        compared("fails", "ray")


@pytest.mark.usefixtures("initialised")
def test_a_failure_ends_the_tasks_that_still_compute(compared: Compared, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not want"):
        compared("waits_while_another_refuses", "ray")
    wait_until_gone(noted(tmp_path, "waiting"))
    assert ray.is_initialized()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_ray_that_we_started_ends_with_the_run(tmp_path: Path, how: signal.Signals) -> None:
    process = start(tmp_path, "--executor", "ray")
    wait_for(lambda: list(tmp_path.glob("run/teach/*/manifest.json")), process)
    children = descendants(process.pid)
    assert any("ray::" in name for name in children.values())
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[how], said
    if how != signal.SIGKILL:
        assert said.strip().endswith("the same command continues the run")
        assert "Traceback" not in said
    # killed, Ray cannot take leave of its agents: they idle for another minute
    wait_until_gone([pid for pid, name in children.items() if how != signal.SIGKILL or "Agent" not in name])


def test_a_plain_script_without_a_main_guard_may_use_ray(tmp_path: Path) -> None:
    (tmp_path / "students.py").write_text(
        "from torch import nn\ndef small(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(
        "import overproof as op\nfrom students import small\n"
        "print(op.compare(data='digits', teacher='mlp', student=small, protocol={'folds': 2}, out='run',\n"
        "      settings=['data.limit=200', 'teacher.training.epochs=1'], run={'executor': 'ray'}).verdict)\n"
    )
    quietly = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(quietly, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "student" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def descendants(pid: int) -> dict[int, str]:
    """Children, their children, and so on, with their names."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    names = {child: Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return {**names, **{pid: name for child in children for pid, name in descendants(child).items()}}


def wait_until_gone(pids: list[int]) -> None:
    """Fails when one of the processes lives on."""
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker has outlived its owner"
        time.sleep(0.05)
