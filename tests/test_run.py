from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from overproof.errors import OutputError, StorageError
from overproof.run import Run

IDENTITY: dict[str, Any] = {"study": {"method": {"name": "kd", "alpha": 0.9}, "protocol": {"folds": 5}}, "data": "3f2a"}
JOB = "train/student-r0-f3"
FILES = {"weights.bin": bytes(range(40)), "history.jsonl": b'{"epoch": 1}\n'}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.claim(tmp_path / "run", IDENTITY)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Whose folder it is.


def test_a_run_is_claimed_and_taken_up_again(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "digits"
    assert Run.claim(folder, IDENTITY) == Run(folder)
    before = contents(folder)
    assert json.loads(before["run.json"]) == {"format": 1, "identity": IDENTITY}
    Run.claim(folder, json.loads(json.dumps(IDENTITY)))
    assert contents(folder) == before


def test_an_empty_folder_and_what_a_killed_start_leaves_are_claimed(tmp_path: Path) -> None:
    (tmp_path / ".run.json.123.abc.tmp").write_bytes(b"{")
    Run.claim(tmp_path, IDENTITY)
    assert (tmp_path / "run.json").is_file()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_bytes(b"precious")
    for folder in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(OutputError) as caught:
            Run.claim(folder, IDENTITY)
        assert str(caught.value) == (
            f"{folder} exists and is not a run folder; nothing was written, choose another --out"
        )
    assert contents(tmp_path) == {"thesis.tex": b"precious"}


def changed(*path: str, value: Any) -> dict[str, Any]:
    """The identity with one value changed, or taken out when the value is None."""
    other = json.loads(json.dumps(IDENTITY))
    table = other
    for part in path[:-1]:
        table = table.setdefault(part, {})
    if value is None:
        del table[path[-1]]
    else:
        table[path[-1]] = value
    return dict(other)


@pytest.mark.parametrize(
    ("identity", "difference"),
    [
        (changed("study", "method", "alpha", value=0.5), "method.alpha: 0.9 there, 0.5 here"),
        (changed("study", "protocol", "folds", value=10), "protocol.folds: 5 there, 10 here"),
        (changed("study", "protocol", "folds", value=None), "protocol.folds: 5 there, None here"),
        (changed("study", "protocol", "seed", value=1), "protocol.seed: None there, 1 here"),
        (changed("data", value="91bc"), "data: '3f2a' there, '91bc' here"),
    ],
)
def test_the_run_of_another_study_is_left_alone(run: Run, identity: dict[str, Any], difference: str) -> None:
    before = contents(run.folder)
    with pytest.raises(OutputError) as caught:
        Run.claim(run.folder, identity)
    assert str(caught.value) == (
        f"{run.folder} is a run of another study ({difference}); choose another --out, or remove the folder"
    )
    assert contents(run.folder) == before


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"3", b"[" * 10_000])
def test_a_damaged_marker_is_named(run: Run, data: bytes) -> None:
    (run.folder / "run.json").write_bytes(data)
    with pytest.raises(StorageError, match=re.escape(f"{run.folder / 'run.json'} is damaged (")):
        Run.claim(run.folder, IDENTITY)


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from overproof.errors import OverproofError
from overproof.run import Run
if os.geteuid() == 0: os.seteuid(65534)
try:
    run = Run.claim(Path(sys.argv[1]), {})
    with run.locked(): print("locked")
except OverproofError as error: print(type(error).__name__, error, sep=": ")
"""


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (0o555, "OutputError: run folder new cannot be created: new/run.json cannot be written (Permission denied)"),
        (0o111, "OutputError: run folder new cannot be created: new/run.json cannot be written (Permission denied)"),
    ],
)
def test_a_folder_where_nothing_can_be_written_is_named(tmp_path: Path, mode: int, message: str) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, "new"], cwd=folder, capture_output=True, text=True, check=False
    )
    folder.chmod(0o755)
    assert done.stdout == message + "\n", done.stderr


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed" / "run").mkdir()
    (tmp_path / "closed").chmod(0)
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, "closed/run"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    (tmp_path / "closed").chmod(0o755)
    assert done.stdout == "OutputError: closed/run cannot be used (Permission denied)\n", done.stderr


def test_a_run_in_a_read_only_folder_is_named(tmp_path: Path) -> None:
    Run.claim(tmp_path / "run", {})
    (tmp_path / "run").chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, "."], cwd=tmp_path / "run", capture_output=True, text=True, check=False
    )
    assert done.stdout == "OutputError: run . cannot be locked (Permission denied)\n", done.stderr


# Who holds it.

HOLDING = """
import sys
from pathlib import Path
from overproof.run import Run
with Run(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(run: Run) -> Iterator[subprocess.Popen[str]]:
    """A second process that holds the run until it is told to end, or killed."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLDING, str(run.folder)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield holder
        if holder.poll() is None:
            holder.communicate("")


def test_a_run_that_another_process_holds_is_refused_and_the_process_named(run: Run) -> None:
    with held(run) as holder, pytest.raises(OutputError) as caught, run.locked():
        pass
    host = re.escape(socket.gethostname())
    wanted = rf"process {holder.pid} on {host} since \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    folder = re.escape(str(run.folder))
    assert re.fullmatch(rf"run {folder} is in use by {wanted}; wait for it, or stop it", str(caught.value))
    with run.locked():
        pass


def test_a_killed_holder_holds_nothing(run: Run) -> None:
    with held(run) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert (run.folder / "holder.json").is_file()
        with run.locked():
            assert json.loads((run.folder / "holder.json").read_bytes())["pid"] == os.getpid()


@pytest.mark.parametrize("data", [None, b"", b"{", b"[]", b"{}"])
def test_a_holder_that_left_no_name_is_another_process(run: Run, data: bytes | None) -> None:
    with held(run):
        if data is None:
            (run.folder / "holder.json").unlink()
        else:
            (run.folder / "holder.json").write_bytes(data)
        with pytest.raises(OutputError, match="is in use by another process; wait for it, or stop it"), run.locked():
            pass


def test_a_process_cannot_hold_a_run_twice_and_lets_it_go_after_an_error(run: Run) -> None:
    with run.locked():
        with pytest.raises(OutputError, match=f"is in use by process {os.getpid()} on "), Run(run.folder).locked():
            pass
        assert (run.folder / "holder.json").is_file()
    with pytest.raises(ZeroDivisionError), run.locked():
        raise ZeroDivisionError
    assert not (run.folder / "holder.json").exists()
    with run.locked():
        pass


# Jobs.


def test_a_job_is_done_when_it_was_committed(run: Run) -> None:
    assert not run.done(JOB)
    run.commit(JOB, FILES)
    assert run.done(JOB)
    assert run.files(JOB) == ["history.jsonl", "weights.bin"]
    assert {name: run.read(JOB, name) for name in run.files(JOB)} == FILES
    assert Run.claim(run.folder, IDENTITY).done(JOB)
    assert not run.done("train/student-r0-f4")


def test_a_job_without_files_is_done_too(run: Run) -> None:
    run.commit(JOB, {})
    assert run.done(JOB)
    assert run.files(JOB) == []


def test_a_commit_replaces_the_earlier_one_and_removes_what_it_no_longer_names(run: Run) -> None:
    run.commit(JOB, FILES)
    (run.folder / JOB / ".weights.bin.1.ab.tmp").write_bytes(b"somebody is writing")
    run.commit(JOB, {"weights.bin": b"new", "log": b"l"})
    assert run.files(JOB) == ["log", "weights.bin"]
    assert run.read(JOB, "weights.bin") == b"new"
    names = {path.name for path in (run.folder / JOB).iterdir()}
    assert names == {"log", "manifest.json", "weights.bin", ".weights.bin.1.ab.tmp"}


def test_a_discarded_job_is_not_done(run: Run) -> None:
    run.commit(JOB, FILES)
    run.discard(JOB)
    assert not run.done(JOB)
    assert not (run.folder / JOB).exists()
    run.discard(JOB)


def test_a_job_that_lost_its_manifest_or_a_file_is_not_done(run: Run) -> None:
    for name in ("manifest.json", *FILES):
        run.commit(JOB, FILES)
        (run.folder / JOB / name).unlink()
        assert not run.done(JOB)
    run.commit(JOB, FILES)
    assert run.done(JOB)


def damaged(data: bytes) -> Iterator[bytes]:
    """Every truncation and every flipped bit."""
    yield from (data[:length] for length in range(len(data)))
    for byte in range(len(data)):
        for bit in range(8):
            yield data[:byte] + bytes([data[byte] ^ 1 << bit]) + data[byte + 1 :]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_found(run: Run, name: str) -> None:
    run.commit(JOB, FILES)
    for data in damaged(FILES[name]):
        (run.folder / JOB / name).write_bytes(data)
        assert not run.done(JOB)
        with pytest.raises(StorageError, match="fails its checksum"):
            run.read(JOB, name)


def test_a_damaged_manifest_never_passes_for_another(run: Run) -> None:
    run.commit(JOB, FILES)
    manifest = run.folder / JOB / "manifest.json"
    for data in damaged(manifest.read_bytes()):
        manifest.write_bytes(data)
        if run.done(JOB):  # a space became a tab, or the last line lost its end
            assert {name: run.read(JOB, name) for name in run.files(JOB)} == FILES
            continue
        for name, whole in FILES.items():
            try:
                assert run.read(JOB, name) == whole
            except StorageError:
                continue


@pytest.mark.parametrize("data", [b"[]", b"3", b'{"weights.bin": 3}', b'{"weights.bin": null}', b"[" * 10_000, b"\xff"])
def test_a_manifest_of_another_form_is_damaged(run: Run, data: bytes) -> None:
    run.commit(JOB, FILES)
    (run.folder / JOB / "manifest.json").write_bytes(data)
    assert not run.done(JOB)
    with pytest.raises(StorageError):
        run.read(JOB, "weights.bin")


def test_what_is_not_there_cannot_be_read(run: Run) -> None:
    with pytest.raises(StorageError, match=r"manifest\.json cannot be read \(No such file or directory\)"):
        run.read(JOB, "weights.bin")
    run.commit(JOB, FILES)
    with pytest.raises(StorageError) as caught:
        run.read(JOB, "targets.bin")
    assert str(caught.value) == (
        f"{run.folder / JOB} has no 'targets.bin' in its manifest; it has history.jsonl, weights.bin"
    )


COMMITTING = """
import sys
from pathlib import Path
from overproof.run import Run
run, number = Run(Path(sys.argv[1])), 0
print("ready", flush=True)
while True:
    number += 1
    run.commit("job", {f"{name}": bytes([number % 256]) * 1000 for name in "abc"[: 1 + number % 3]})
"""


def test_a_job_whose_commit_was_killed_is_whole_or_not_done(run: Run) -> None:
    draw = random.Random(7)  # noqa: S311
    for _ in range(8):
        command = [sys.executable, "-c", COMMITTING, str(run.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(draw.uniform(0.01, 0.1))
            writer.send_signal(signal.SIGKILL)
        if run.done("job"):  # every file is of the same commit
            assert len({run.read("job", name) for name in run.files("job")}) == 1
    run.commit("job", FILES)
    assert {name: run.read("job", name) for name in run.files("job")} == FILES
