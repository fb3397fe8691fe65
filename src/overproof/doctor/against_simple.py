"""Teacher against simple: where the teacher is no better than the student's twin, there is nothing to distil."""

from __future__ import annotations

from collections.abc import Iterator

from overproof.doctor.answers import Answers, ask, built
from overproof.doctor.evidence import ALPHA, SEEN, at_most_ahead, beyond_chance, is_better
from overproof.doctor.finding import Finding, percent
from overproof.doctor.trial import Trial
from overproof.models.cost import parameters

#: Points of accuracy that a teacher must be able to have ahead of simple: the usual rope.
WORTHWHILE = 0.005


def against_simple(trial: Trial, teacher: Answers) -> Iterator[Finding]:
    """Ask simple, trained in the first split, about the split's test rows, and compare it with the teacher.

    Args:
        trial: where simple is trained.
        teacher: what the teacher says about the test rows.
    """
    plan = trial.plan
    simple = ask(plan, trial.simple, plan.splits[0].test)
    rows = len(simple.labels)
    scores = f"{percent(teacher.right.mean())} and simple on {percent(simple.right.mean())} of {rows} test rows"
    z = beyond_chance(simple.said, simple.labels)
    if z < SEEN <= beyond_chance(teacher.said, teacher.labels) and is_better(teacher.right, simple.right, ALPHA):
        yield Finding(
            "against simple",
            "warning",
            f"The teacher is right on {scores}: simple has learnt nothing from its labels (z = {z:.1f}).",
            "Give the student more epochs, another learning rate or more rows, before you judge what a teacher adds.",
        )
    most = at_most_ahead(teacher.right, simple.right)
    if most >= WORTHWHILE:
        return
    bigger = parameters(built(plan, "student")) > parameters(built(plan, "teacher"))
    exchanged = bigger and is_better(simple.right, teacher.right, 0.05)
    yield Finding(
        "against simple",
        "error" if exchanged else "warning",
        f"The teacher is right on {scores}: it is at most {100 * max(most, 0):.1f} points ahead (95 %)"
        + (", though the student is the bigger one." if exchanged else "."),
        "Exchange teacher and student."
        if exchanged
        else "If no other finding says what is wrong with the teacher, take a better one, or do without one.",
    )
