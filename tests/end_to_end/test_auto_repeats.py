"""``repeats = "auto"``: repeats are added until the verdict is settled, and nothing but the study decides when."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from overproof import statistics
from overproof.progress import Watcher
from tests.end_to_end.conftest import arguments
from tests.end_to_end.test_compare import result_bytes
from tests.end_to_end.test_resume import wait_for

Compared = Callable[..., Any]

#: Student and simple differ now one way and now the other, and without a rope no difference is too small to matter.
UNSETTLED = (
    *("protocol.repeats=auto", "protocol.rope=0.0", "protocol.seed=1"),
    *("method.alpha=0.5", "student.training.epochs=10", "student.training.learning_rate=0.003"),
)


class Listener(Watcher):
    """Keeps what is said about looks."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        """Keep it."""
        if line.startswith("looking after"):
            self.said.append(line)


def repeats_in(folder: Path) -> set[int]:
    """The repeats of the students that were trained."""
    return {each["repeat"] for each in json.loads((folder / "members.json").read_bytes())}


def test_a_verdict_that_is_settled_at_once_takes_one_repeat(compared: Compared) -> None:
    listener = Listener()
    found = compared("protocol.repeats=auto", "method.alpha=0.0", watcher=listener)
    assert found.result.comparisons[0].verdict == "makes no practical difference"
    assert found.result.looks == [1]
    assert {split.repeat for split in found.result.splits} == repeats_in(found.folder) == {0}
    assert listener.said == []


def test_a_verdict_that_is_not_settled_takes_as_many_as_are_allowed(compared: Compared) -> None:
    listener = Listener()
    found = compared(*UNSETTLED, "protocol.most_repeats=5", watcher=listener)
    assert found.result.comparisons[0].verdict == "not settled"
    assert found.result.comparisons[0].threshold == 0.99
    assert found.result.looks == [1, 2, 5]
    assert len(found.result.splits) == len(found.arm("student").curves) == 5 * 3
    assert repeats_in(found.folder) == set(range(5))
    assert listener.said == [
        "looking after 1 repeat: not settled, adding 1",
        "looking after 2 repeats: not settled, adding 3",
    ]
    note = "Repeats are added while a verdict is not settled, here looking after 1, 2, 5 of at most 5: "
    assert note + "helps and hurts need a probability above 0.99 instead of 0.975." in found.result.notes


def test_it_ends_at_the_first_look_that_settles_it(compared: Compared) -> None:
    all_five = compared(*UNSETTLED, "protocol.most_repeats=5", out="five").result.comparisons[0].differences.values

    def verdict(repeats: int, rope: float) -> str:
        return statistics.verdicts([statistics.probabilities(all_five[: 3 * repeats], 3, rope)], 0.99)[0]

    ropes = [step / 1000 for step in range(1, 1000)]
    rope = next(rope for rope in ropes if verdict(1, rope) == "not settled" != verdict(2, rope))
    found = compared(*UNSETTLED, "protocol.most_repeats=5", f"protocol.rope={rope}")
    assert found.result.looks == [1, 2]
    assert found.result.comparisons[0].verdict == verdict(2, rope)
    # what an earlier look has seen is what the later one sees, to the bit
    assert found.result.comparisons[0].differences.values == all_five[: 3 * 2]


def test_a_fixed_number_of_repeats_is_not_looked_at_before_the_end(compared: Compared) -> None:
    listener = Listener()
    found = compared("protocol.repeats=2", "method.alpha=0.0", watcher=listener)
    assert found.result.looks == []
    assert found.result.comparisons[0].threshold == 0.975
    assert repeats_in(found.folder) == {0, 1}
    assert listener.said == []
    assert "most_repeats" not in found.result.study["protocol"]


@pytest.mark.parametrize("cohorts", ["separate", "stacked"])
def test_workers_give_the_same_bytes(compared: Compared, cohorts: str) -> None:
    settings = (*UNSETTLED, "protocol.most_repeats=2", f"run.cohorts={cohorts}")
    here = compared(*settings, "run.executor=in-process", out="here")
    there = compared(*settings, "run.executor=processes", out="there")
    assert here.result.looks == [1, 2]
    assert result_bytes(here.folder) == result_bytes(there.folder)


@pytest.mark.parametrize("cohorts", ["separate", "stacked"])
def test_interrupted_between_two_looks(compared: Compared, cohorts: str, tmp_path: Path) -> None:
    class Interrupting(Listener):
        def say(self, line: str) -> None:
            super().say(line)
            if self.said:
                raise KeyboardInterrupt

    settings = (*UNSETTLED, "protocol.most_repeats=2", f"run.cohorts={cohorts}", "run.executor=in-process")
    wanted = compared(*settings, out="straight")
    with pytest.raises(KeyboardInterrupt):
        compared(*settings, watcher=Interrupting())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*/*/manifest.json")}
    assert any(path.parent.parent.name == "train" for path in before)
    again = compared(*settings)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert result_bytes(again.folder) == result_bytes(wanted.folder)


@pytest.mark.parametrize("executor", ["in-process", "processes"])
def test_killed_in_a_later_look_and_continued(compared: Compared, tmp_path: Path, executor: str) -> None:
    settings = (*UNSETTLED, "protocol.most_repeats=2", "run.cohorts=separate")
    wanted = compared(*settings, "run.executor=in-process", out="straight")
    assert wanted.result.looks == [1, 2]
    chosen = [word for setting in settings for word in ("--set", setting)]
    words = arguments("compare", "--out", "run", "--executor", executor, *chosen)
    killed = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list(tmp_path.glob("run/train/*-r1-*/manifest.json")), killed)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "run" / "results.json").exists()
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stderr
    assert "looking after 1 repeat: not settled, adding 1" in again.stderr
    assert result_bytes(tmp_path / "run") == result_bytes(wanted.folder)


def test_one_teacher_for_all_repeats_is_trained_and_asked_once(compared: Compared) -> None:
    found = compared(*UNSETTLED, "protocol.most_repeats=2", "protocol.teacher_rows=all")
    assert found.result.looks == [1, 2]
    for stage in ("teach", "record"):
        assert len(list((found.folder / stage).iterdir())) == 1
    assert len(found.arm("teacher").scores["accuracy"].values) == 2 * 3


def test_auto_goes_through_the_command_line(tmp_path: Path) -> None:
    words = ("--set", "protocol.repeats=auto", "--set", "method.alpha=0.0")
    done = subprocess.run(
        arguments("compare", "--out", "run", *words), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 'repeats = "auto"\nmost_repeats = 10\n' in (tmp_path / "run" / "study.toml").read_text()
