"""Jobs performed here, one after another."""

from __future__ import annotations

from collections.abc import Sequence

from overproof.errors import OverproofError
from overproof.executors.job import Job
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run


class InProcess:
    """The simplest executor; also the one for models that cannot be named in a file."""

    def __init__(self, plan: Plan, run: Run, watcher: Watcher) -> None:
        self._plan, self._run, self._watcher = plan, run, watcher

    def perform(self, jobs: Sequence[Job]) -> None:
        """Perform all jobs."""
        for job in jobs:
            try:
                job.perform(self._plan, self._run, self._watcher)
            except OverproofError:
                raise
            except Exception as error:  # a user's model may raise anything; workers say the same
                raise OverproofError(f"{job} failed: {error!r}") from error
            self._watcher.finished(str(job))

    def close(self) -> None:
        """Nothing to let go of."""
