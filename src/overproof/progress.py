"""What a comparison tells whoever watches it."""

from __future__ import annotations


class Watcher:
    """Told about stages, jobs and epochs while they happen. This one says nothing; the terminal's progress speaks."""

    def stage(self, name: str, jobs: int, done: int) -> None:
        """A stage begins: how many jobs it has, and how many of them an earlier attempt has done."""

    def epoch(self, job: str, epoch: int, epochs: int, hard: float, soft: float | None) -> None:
        """A job finished an epoch (from 1); losses are means over members and steps."""

    def finished(self, job: str) -> None:
        """A job is done."""

    def say(self, line: str) -> None:
        """Something the user should know."""
