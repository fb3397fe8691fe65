"""Stored answers: what a run's store of soft targets holds must be what its teacher says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.device import resolve
from overproof.doctor.finding import Finding
from overproof.errors import StorageError
from overproof.models.inference import predict
from overproof.plan import Plan
from overproof.run import Run
from overproof.targets import codecs
from overproof.targets.checking import check, sample
from overproof.targets.record import soft_targets, trained


def stored_answers(plan: Plan, run: Run) -> Iterator[Finding]:
    """Ask the teacher of the first split about a sample of rows again, as the record stage did, and compare.

    Args:
        plan: the run's.
        run: a run in which that teacher's soft targets are recorded.
    """
    key = plan.teacher_of(plan.splits[0])
    teacher = plan.brought if plan.brought is not None else trained(plan, run, key)
    device, codec = resolve(plan.study.run.device), codecs.codec(plan.study.targets, (len(plan.data.classes),))

    def live(items: NDArray[np.int64]) -> NDArray[np.float32]:
        rows = items // plan.count
        return predict(teacher, plan.data.inputs[rows], plan.data.ids[rows], device)

    first_views = sample(plan.study.protocol.seed, plan.data.ids) * plan.count  # view 0 is the row itself
    try:
        check(soft_targets(plan, run, key), codec, live, first_views, plan.data.ids.repeat(plan.count))
    except StorageError as error:
        yield Finding("stored answers", "error", f"{error}.", "Students trained on them must be trained again.")
