"""Live progress: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from overproof.progress import Watcher

#: Seconds between plain lines.
PAUSE = 5.0


class Bars(Watcher):
    """One bar for the stage at hand: jobs done, time left, and the latest hard and soft loss."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}", style="dim"),
            console=console,
            refresh_per_second=8,
        )
        self._task: TaskID | None = None
        self._share: dict[str, float] = {}
        self._done = 0

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def stage(self, name: str, jobs: int, done: int) -> None:
        """Begin a new bar."""
        self._share, self._done = {}, done
        self._task = self._progress.add_task(name, total=jobs, completed=done, losses="") if jobs else None

    def epoch(self, job: str, epoch: int, epochs: int, hard: float, soft: float | None) -> None:
        """Move the bar by a part of a job."""
        self._share[job] = epoch / epochs
        self._move(losses=losses(hard, soft))

    def finished(self, job: str) -> None:
        """Move the bar by the rest of a job."""
        self._share.pop(job, None)
        self._done += 1
        self._move()

    def say(self, line: str) -> None:
        """Print above the bars."""
        self._progress.console.print(line, style="dim", markup=False)

    def _move(self, losses: str | None = None) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=self._done + sum(self._share.values()))
            if losses is not None:
                self._progress.update(self._task, losses=losses)


class Lines(Watcher):
    """A line when a stage begins or ends, and every few seconds between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage, self._jobs, self._done = "", 0, 0
        self._started = self._spoken = 0.0

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def stage(self, name: str, jobs: int, done: int) -> None:
        """Say what begins."""
        self._stage, self._jobs, self._done = name, jobs, done
        self._started = self._spoken = time.monotonic()
        if jobs:
            noun = "job" if jobs == 1 else "jobs"
            self.say(f"{name}: {jobs} {noun}" + (f", {done} done before" if done else ""))

    def epoch(self, job: str, epoch: int, epochs: int, hard: float, soft: float | None) -> None:
        """Now and then, say how far it is."""
        if time.monotonic() - self._spoken > PAUSE:
            self._spoken = time.monotonic()
            self.say(f"{self._stage}: {self._done}/{self._jobs}, {job} epoch {epoch}/{epochs}, {losses(hard, soft)}")

    def finished(self, job: str) -> None:
        """Say when the last job of a stage is done."""
        self._done += 1
        if self._done == self._jobs:
            self.say(f"{self._stage}: done in {time.monotonic() - self._started:.0f} s")

    def say(self, line: str) -> None:
        """Print it."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def losses(hard: float, soft: float | None) -> str:
    """The latest losses in a few characters.

    Example:
        >>> losses(0.25, None), losses(0.25, 1.5)
        ('hard 0.250', 'hard 0.250 soft 1.500')
    """
    return f"hard {hard:.3f}" + ("" if soft is None else f" soft {soft:.3f}")


def watcher(console: Console) -> Bars | Lines:
    """Bars where they can move, lines where they cannot."""
    return Bars(console) if console.is_terminal else Lines(console)
