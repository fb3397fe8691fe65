"""What the arms say about single rows that have values, beside what is true: a sample that can be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.evaluating.predictions import first_repeat, test_logits
from overproof.plan import Member, Plan
from overproof.results import Values
from overproof.run import Run

#: Rows and outputs that are kept at most.
ROWS, OUTPUTS = 200, 4


def values(plan: Plan, run: Run) -> Values | None:
    """A sample of the test rows of the first repeat, with what every arm but the controls says about them.

    Args:
        plan: says which rows these are; the controls are left out.
        run: with the predictions.

    Returns:
        None where rows have no values.
    """
    if plan.task.name != "regression":
        return None
    rows = first_repeat(plan, [split.test for split in plan.splits])
    said = {
        arm: first_repeat(plan, [test_logits(plan, run, Member(arm, split)) for split in plan.splits])
        for arm in ("teacher", *plan.methods)
    }
    return sampled(plan.data.ids[rows], plan.data.labels[rows], said)


def sampled(ids: NDArray[np.uint64], targets: NDArray[Any], said: Mapping[str, NDArray[Any]]) -> Values:
    """The rows with the smallest ids, which have nothing to do with what is in them or where they stand.

    Args:
        ids: [rows], distinct.
        targets: [rows, outputs].
        said: of every arm by name, [rows, outputs].

    Example:
        >>> sampled(np.array([7, 3], np.uint64), np.array([[1.0], [2.0]]), {"simple": np.array([[1.5], [2.5]])}).targets
        [[2.0, 1.0]]
    """
    chosen = np.argsort(ids, kind="stable")[:ROWS]
    return Values(
        ids=[str(each) for each in ids[chosen].tolist()],
        targets=_by_output(targets[chosen]),
        said={arm: _by_output(each[chosen]) for arm, each in said.items()},
    )


def _by_output(rows: NDArray[Any]) -> list[list[float]]:
    """[outputs][rows], with six significant digits."""
    return [[float(f"{value:.6g}") for value in column] for column in rows[:, :OUTPUTS].T.tolist()]
