"""Stored answers: what a run's store of soft targets holds must be what its teacher says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.answers import answered
from overproof.doctor.finding import Finding
from overproof.errors import StorageError
from overproof.plan import Plan
from overproof.run import Run
from overproof.targets import asking, codecs
from overproof.targets.checking import check, sample
from overproof.targets.record import ANSWERS, soft_targets, trained


def stored_answers(plan: Plan, run: Run) -> Iterator[Finding]:
    """Ask the teacher of the first split about a sample of rows again, as the record stage did, and compare.

    Args:
        plan: the run's.
        run: a run in which that teacher's soft targets are recorded.
    """
    key = plan.teacher_of(plan.splits[0])
    codec = codecs.codec(plan.study.targets, (len(plan.data.classes),))
    if plan.fits_teacher:
        live = asking.said(run.read(f"teach/{key}", ANSWERS)).answer
    else:
        teacher = plan.brought if plan.brought is not None else trained(plan, run, key)

        def live(items: NDArray[np.int64]) -> NDArray[np.float32]:
            rows = items // plan.count
            return answered(plan, teacher, rows, plan.data.inputs[rows])

    first_views = sample(plan.study.protocol.seed, plan.data.ids) * plan.count  # view 0 is the row itself
    try:
        stored, ids = soft_targets(plan, run, key), plan.data.ids.repeat(plan.count)
        check(stored, codec, live, first_views, ids, values=plan.task.name == "regression")
    except StorageError as error:
        yield Finding("stored answers", "error", f"{error}.", "Students trained on them must be trained again.")
