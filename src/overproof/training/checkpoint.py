"""Progress of a cohort inside its job, so that a long training continues where it stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from overproof.models import weights
from overproof.models.networks import Networks
from overproof.run import Run
from overproof.training.history import Best, History
from overproof.training.optimisation import Optimiser

#: Seconds between checkpoints. When they are taken cannot change a result.
INTERVAL = 20.0


class Checkpoint:
    """The checkpoint of one job of a run; whole cohorts only."""

    def __init__(self, run: Run, job: str, interval: float = INTERVAL) -> None:
        self._run, self._job, self._interval = run, f"unfinished/{job}", interval
        self._last = time.monotonic()

    def restore(self, networks: Networks, optimise: Optimiser, best: Best, history: History) -> int:
        """Continue from the checkpoint, if there is one.

        Returns:
            The epoch to go on with, from 0.
        """
        if not self._run.done(self._job):
            return 0
        facts_name, state_name = self._run.files(self._job)
        facts = json.loads(self._run.read(self._job, facts_name))
        tensors = weights.from_bytes(self._run.read(self._job, state_name), self._job)
        networks.load(_under("network.", tensors))
        best.loss, best.epoch, best.state = tensors["best_loss"], tensors["best_epoch"], _under("best.", tensors)
        optimise.load(_under("optimiser.", tensors))
        history.hard, history.soft, history.validation = facts["hard"], facts["soft"], facts["validation"]
        return int(facts["epoch"])

    def leave(self, epoch: int, networks: Networks, optimise: Optimiser, best: Best, history: History) -> None:
        """Commit the progress after ``epoch`` epochs, when the last commit is long enough ago."""
        if time.monotonic() - self._last < self._interval:
            return
        tensors = {
            "best_loss": best.loss,
            "best_epoch": best.epoch,
            **_over("network.", networks.state()),
            **_over("best.", best.state),
            **_over("optimiser.", optimise.state()),
        }
        facts: dict[str, Any] = {**history.as_json(), "epoch": epoch}
        # names of their own, so that the last checkpoint stays whole until this one is
        self._run.commit(
            self._job,
            {
                f"facts-{epoch}.json": json.dumps(facts).encode(),
                f"state-{epoch}.safetensors": weights.to_bytes(tensors),
            },
        )
        self._last = time.monotonic()

    def clear(self) -> None:
        """Forget the progress: the job is done."""
        self._run.discard(self._job)


def _over(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
