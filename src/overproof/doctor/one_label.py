"""One label: where every row has exactly one of several labels, these are classes, and the task is another one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from overproof.doctor.answers import known
from overproof.doctor.finding import Finding
from overproof.plan import Plan


def one_label(plan: Plan) -> Iterator[Finding]:
    """Count the labels of each row, where a row may have any number of them."""
    if plan.task.name != "multilabel":
        return
    labels = plan.data.labels[known(plan)]
    if (labels.sum(axis=1) == 1).all() and np.ptp(labels, axis=0).sum() > 2:  # two may be yes and no
        yield Finding(
            "one label",
            "warning",
            f"Each of {len(labels):,} rows has exactly one of the {labels.shape[1]} labels: they look like classes, of "
            "which a row has one.",
            'Give one column with the name of the class, and set data.task = "multiclass".',
        )
