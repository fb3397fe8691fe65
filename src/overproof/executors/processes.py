"""Jobs performed by worker processes on this machine, one thread each."""

from __future__ import annotations

import collections
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from overproof.errors import OverproofError
from overproof.executors.handover import hand_over
from overproof.executors.job import Job
from overproof.executors.outcome import ATTEMPTS, Event, act_on
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run


class Processes:
    """A few workers, fed one job at a time; a worker that dies is replaced and its job done again."""

    def __init__(self, plan: Plan, run: Run, watcher: Watcher, workers: int) -> None:
        hand_over(plan, run)
        self._run, self._watcher = run, watcher
        self._workers = [_Worker(run) for _ in range(workers)]

    def perform(self, jobs: Sequence[Job]) -> None:
        """Perform all jobs, in any order.

        Raises:
            OverproofError: as the job raised it, or when a job keeps losing its worker.
        """
        waiting, lost = collections.deque(jobs), collections.Counter[Job]()
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                worker.job = None
                selector.register(worker.output, selectors.EVENT_READ, worker)
                worker.take(waiting)
            while any(worker.job for worker in self._workers):
                for ready, _ in selector.select():
                    worker = ready.data
                    if not self._hear(worker, waiting):
                        selector.unregister(worker.output)
                        self._replace(worker, waiting, lost)
                        selector.register(worker.output, selectors.EVENT_READ, worker)

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        for worker in self._workers:
            worker.end()

    def _hear(self, worker: _Worker, waiting: collections.deque[Job]) -> bool:
        """Act on what a worker has said; False when it has died."""
        events = worker.events()
        for event in events or []:
            act_on(event, self._watcher)
            if event["event"] == "finished":
                worker.take(waiting)
        return events is not None

    def _replace(self, worker: _Worker, waiting: collections.deque[Job], lost: collections.Counter[Job]) -> None:
        how = worker.end()
        job = worker.job
        if job is not None:
            lost[job] += 1
            if lost[job] >= ATTEMPTS:
                raise OverproofError(
                    f"worker processes died {ATTEMPTS} times on {job} (exit status {how}; −9 often means out of memory)"
                )
            waiting.appendleft(job)
            self._watcher.say(f"a worker died on {job} (exit status {how}); doing it again")
        worker.start()
        worker.take(waiting)


class _Worker:
    """One worker process, seen from its owner."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.job: Job | None = None
        self.start()

    def start(self) -> None:
        """Start the process and say hello."""
        single = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "overproof.executors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **single},
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout
        os.set_blocking(self.output.fileno(), False)
        self._heard = b""
        self._send({"run": str(self._run.folder.resolve()), "path": sys.path})

    def take(self, waiting: collections.deque[Job]) -> None:
        """Take the next job, if there is one."""
        self.job = waiting.popleft() if waiting else None
        if self.job is not None:
            self._send(self.job._asdict())

    def events(self) -> list[Event] | None:
        """What it has said since last asked, or None when its output has ended."""
        data = os.read(self.output.fileno(), 1 << 16)
        if not data:
            return None
        *lines, self._heard = (self._heard + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def end(self) -> int:
        """Kill it if need be; returns the exit status."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return status

    def _send(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died; its output says so, and the job is done again
