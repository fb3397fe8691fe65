"""Jobs performed by Ray, on this machine or on a cluster whose nodes all see the run folder."""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any

import torch

from overproof.device import resolve
from overproof.errors import MissingExtraError, OverproofError
from overproof.executors.handover import hand_over, take_over
from overproof.executors.job import Job
from overproof.executors.outcome import ATTEMPTS, Event, act_on, attempt
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets import store

#: Seconds that tasks which were cancelled get to end in a Ray that stays.
PATIENCE = 10.0


class RayTasks:
    """One Ray task for each job; Ray does the job again when it loses the worker.

    A Ray that was initialised before is used as it is and left running. Otherwise ``ray.init()`` decides: it joins the
    cluster that ``RAY_ADDRESS`` names, or one that runs on this machine, or starts Ray here.
    """

    def __init__(self, plan: Plan, run: Run, watcher: Watcher) -> None:
        self._ray = _installed()
        hand_over(plan, run)
        self._run, self._watcher = run, watcher
        self._tasks: dict[Future[Event], tuple[Job, Any]] = {}
        self._ours = not self._ray.is_initialized()
        if self._ours:
            _start(self._ray)
        self._task = self._ray.remote(max_retries=ATTEMPTS - 1, **_place(plan))(_perform)

    def perform(self, jobs: Sequence[Job]) -> None:
        """Perform all jobs, in any order; the watcher hears of whole jobs, not of their epochs.

        Raises:
            OverproofError: as the job raised it, or when a job keeps losing its worker.
        """
        folder, path = str(self._run.folder.resolve()), [str(Path(entry).absolute()) for entry in sys.path]
        for job in jobs:
            reference = self._task.options(name=str(job)).remote(folder, path, *job)
            self._tasks[reference.future()] = job, reference
        # not ray.wait: it swallows what signal handlers raise
        for future in as_completed(self._tasks):
            job, _ = self._tasks.pop(future)
            act_on(self._event(future, job), self._watcher)

    def close(self) -> None:
        """End all tasks, whatever they are doing, and Ray itself if it was started for them."""
        if self._ours:
            self._ray.shutdown()
            return
        references = [reference for _, reference in self._tasks.values()]
        for reference in references:
            self._ray.cancel(reference, force=True)
        if references:
            self._ray.wait(references, num_returns=len(references), timeout=PATIENCE)

    def _event(self, future: Future[Event], job: Job) -> Event:
        try:
            return future.result()
        except self._ray.exceptions.WorkerCrashedError as error:
            raise OverproofError(f"Ray lost the worker of {job} {ATTEMPTS} times; often it is out of memory") from error
        except self._ray.exceptions.RayError as error:
            why = " ".join(str(getattr(error, "cause", error)).split())
            raise OverproofError(f"Ray could not perform {job}: {why}") from error


def _installed() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingExtraError(
            "run.executor = 'ray' needs Ray, which is not installed: pip install \"overproof[ray]\""
        ) from error


def _start(ray: Any) -> None:
    """Initialise Ray without a dashboard, a word or a report of its use, and keep our own way to be terminated."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    handler = signal.getsignal(signal.SIGTERM)
    ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


def _place(plan: Plan) -> dict[str, Any]:
    """What a task takes of its node: one core and one thread, and a GPU only where the study computes on one."""
    variables = {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "XDG_CACHE_HOME": str(store.root().parent),  # the soft targets are where the owner looks for them
        # each set of variables has workers of its own: none has imported the user's modules before they changed
        "OVERPROOF_WORKERS": uuid.uuid4().hex,
    }
    if resolve(plan.study.run.device).type == "cuda":
        return {"num_cpus": 1, "num_gpus": 1, "runtime_env": {"env_vars": variables}}
    return {"num_cpus": 1, "runtime_env": {"env_vars": {**variables, "CUDA_VISIBLE_DEVICES": ""}}}


def _perform(folder: str, path: list[str], stage: str, key: str) -> Event:
    """The task. Modules are looked for where the node has them, then where the owner has."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the owner decides
    sys.path.extend(entry for entry in path if entry not in sys.path)
    torch.set_num_threads(1)
    return attempt(Job(stage, key), lambda: _plan(folder), Run(Path(folder)), Watcher())


@functools.cache
def _plan(folder: str) -> Plan:
    """The run's plan, made once by each worker."""
    return take_over(Run(Path(folder)))
