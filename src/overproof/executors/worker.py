"""A worker process: ``python -m overproof.executors.worker``, fed with JSON lines on its standard input.

The first line says which run to work on and where Python finds the user's modules; every further line is a job. Events
go back as JSON lines. The worker ends when its input does, even in the middle of a job, so it cannot outlive its owner.
"""

from __future__ import annotations

import functools
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any

from overproof.progress import Watcher


class _Reporter(Watcher):
    """Sends what happens to the owner."""

    def __init__(self, pipe: IO[str]) -> None:
        self._pipe = pipe

    def epoch(self, job: str, epoch: int, epochs: int, hard: float, soft: float | None) -> None:
        """Send an epoch's losses."""
        self.send(event="epoch", job=job, epoch=epoch, epochs=epochs, hard=hard, soft=soft)

    def say(self, line: str) -> None:
        """Send what the user should know."""
        self.send(event="said", line=line)

    def send(self, **event: Any) -> None:
        """Send any event."""
        print(json.dumps(event), file=self._pipe, flush=True)


def main() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the owner decides
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a user's model prints must not mix with events
    lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    _work(lines, _Reporter(pipe))


def _listen(lines: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        lines.put(json.loads(line))
    os._exit(0)


def _work(lines: queue.SimpleQueue[dict[str, Any]], reporter: _Reporter) -> None:
    hello = lines.get()
    sys.path[:] = hello["path"]
    import torch

    from overproof.executors.handover import take_over
    from overproof.executors.job import Job
    from overproof.executors.outcome import attempt
    from overproof.run import Run

    torch.set_num_threads(1)
    run = Run(Path(hello["run"]))
    plan = functools.cache(lambda: take_over(run))
    while True:
        reporter.send(**attempt(Job(**lines.get()), plan, run, reporter))


if __name__ == "__main__":
    main()
