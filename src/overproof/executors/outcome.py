"""What comes of a job that another process performs: events, as JSON values, that the run's owner acts on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from overproof import errors
from overproof.errors import OverproofError
from overproof.executors.job import Job
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run

#: How often a job may lose its worker before the run gives up.
ATTEMPTS = 3

Event = dict[str, Any]


def attempt(job: Job, plan: Callable[[], Plan], run: Run, watcher: Watcher) -> Event:
    """Perform a job where the worker is; the event says how it ended."""
    try:
        job.perform(plan(), run, watcher)
    except OverproofError as error:
        return {"event": "failed", "job": str(job), "kind": type(error).__name__, "message": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {"event": "failed", "job": str(job), "kind": "OverproofError", "message": f"{job} failed: {error!r}"}
    return {"event": "finished", "job": str(job)}


def act_on(event: Event, watcher: Watcher) -> None:
    """Tell the watcher what a worker has said.

    Raises:
        OverproofError: of the very class that the job raised.
    """
    match event["event"]:
        case "epoch":
            watcher.epoch(event["job"], event["epoch"], event["epochs"], event["hard"], event["soft"])
        case "said":
            watcher.say(event["line"])
        case "finished":
            watcher.finished(event["job"])
        case "failed":
            kind: type[OverproofError] = getattr(errors, event["kind"], OverproofError)
            raise kind(event["message"])
