"""Progress: lines in a log, bars on a terminal, and never markup from a name."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from overproof.report import progress
from overproof.report.progress import Bars, Lines, watcher


def a_console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=terminal, color_system=None)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())


def test_bars_are_for_terminals() -> None:
    assert isinstance(watcher(a_console(terminal=True)), Bars)
    assert isinstance(watcher(a_console(terminal=False)), Lines)


def test_lines_say_when_a_stage_begins_and_ends() -> None:
    console = a_console(terminal=False)
    with Lines(console) as lines:
        lines.stage("teach", 0, 0)
        lines.stage("train", 3, 1)
        lines.finished("train/kd-0")
        assert "done in" not in printed(console)
        lines.finished("train/kd-1")
    assert re.fullmatch(r"train: 3 jobs, 1 done before\ntrain: done in \d+ s\n", printed(console))


def test_lines_say_how_far_it_is_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    console = a_console(terminal=False)
    with Lines(console) as lines:
        lines.stage("train", 2, 0)
        lines.epoch("train/kd-0", 1, 9, 0.5, None)
        assert printed(console) == "train: 2 jobs\n"
        monkeypatch.setattr(progress, "PAUSE", -1.0)
        lines.epoch("train/kd-0", 2, 9, 0.5, 1.25)
    assert printed(console).endswith("train: 0/2, train/kd-0 epoch 2/9, hard 0.500 soft 1.250\n")


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_said_is_only_text(terminal: bool) -> None:
    console = a_console(terminal=terminal)
    with watcher(console) as watching:
        watching.say("arm [bold]red[/] of 5")
    assert "arm [bold]red[/] of 5" in printed(console)


def test_a_bar_counts_whole_jobs_and_moves_by_parts_of_them() -> None:
    console = a_console(terminal=True)
    with Bars(console) as bars:
        bars.stage("teach", 0, 0)
        bars.epoch("nothing", 1, 2, 0.5, None)  # a stage without jobs has no bar to move
        bars.stage("train", 4, 1)
        bars.epoch("train/kd-0", 1, 2, 0.75, 0.5)
        bars.epoch("train/kd-1", 1, 4, 0.25, None)
        [task] = bars._progress.tasks
        assert (task.completed, task.total, task.fields["losses"]) == (1.75, 4, "hard 0.250")
        bars.finished("train/kd-0")
        assert task.completed == 2.25
        bars.finished("train/kd-1")
        assert task.completed == 3
    shown = printed(console)
    assert "train" in shown
    assert "3/4" in shown
