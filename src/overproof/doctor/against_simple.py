"""Teacher against simple: where the teacher is no better than the student's twin, there is nothing to distil."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
from torch import nn

from overproof.doctor.answers import Answers, ask, built, teacher_of
from overproof.doctor.association import association, seen
from overproof.doctor.evidence import ALPHA, SEEN, at_most_ahead, beyond_chance, is_better
from overproof.doctor.finding import Finding, percent
from overproof.doctor.trial import Trial
from overproof.errors import OverproofError
from overproof.models.cost import parameters
from overproof.plan import Plan
from overproof.randomness import key
from overproof.results import DIRECTION

#: Points of accuracy that a teacher must be able to have ahead of simple: the usual rope.
WORTHWHILE = 0.005
#: How often the test rows are drawn anew, to see how sure a difference of another metric is.
DRAWS = 400
BETTER = "If no other finding says what is wrong with the teacher, take a better one, or do without one."
LONGER = "Give the student more epochs, another learning rate or more rows, before you judge what a teacher adds."


def against_simple(trial: Trial, teacher: Answers) -> Iterator[Finding]:
    """Ask simple, trained in the first split, about the split's test rows, and compare it with the teacher.

    Args:
        trial: where simple is trained.
        teacher: what the teacher says about the test rows.
    """
    plan = trial.plan
    simple = ask(plan, trial.simple, plan.splits[0].test)
    if plan.task.classifies and plan.study.protocol.metric in ("accuracy", "ece", "ece_equal_mass"):
        yield from _by_accuracy(plan, teacher, simple)
    else:
        yield from _by_metric(plan, teacher, simple)


def _by_accuracy(plan: Plan, teacher: Answers, simple: Answers) -> Iterator[Finding]:
    rows = len(simple.labels)
    scores = f"{percent(teacher.right.mean())} and simple on {percent(simple.right.mean())} of {rows} test rows"
    z = beyond_chance(simple.said, simple.labels)
    if z < SEEN <= beyond_chance(teacher.said, teacher.labels) and is_better(teacher.right, simple.right, ALPHA):
        yield Finding(
            "against simple",
            "warning",
            f"The teacher is right on {scores}: simple has learnt nothing from its labels (z = {z:.1f}).",
            LONGER,
        )
    most = at_most_ahead(teacher.right, simple.right)
    if most >= WORTHWHILE:
        return
    exchanged = _bigger(plan) and is_better(simple.right, teacher.right, 0.05)
    yield Finding(
        "against simple",
        "error" if exchanged else "warning",
        f"The teacher is right on {scores}: it is at most {100 * max(most, 0):.1f} points ahead (95 %)"
        + (", though the student is the bigger one." if exchanged else "."),
        "Exchange teacher and student." if exchanged else BETTER,
    )


def _by_metric(plan: Plan, teacher: Answers, simple: Answers) -> Iterator[Finding]:
    """The same by the metric that the verdict is about; how sure it is, rows drawn with replacement say."""
    name, labels = plan.study.protocol.metric, simple.labels
    metric = plan.task.metrics[name]
    of_teacher, of_simple = (float(metric(each.values, labels)) for each in (teacher, simple))
    scores = f"{name} is {of_teacher:.4g}, and simple's {of_simple:.4g}, on {len(labels)} test rows"
    z = _knows(simple)
    if z < SEEN <= _knows(teacher) and DIRECTION[name] * (of_teacher - of_simple) > 0:
        yield Finding(
            "against simple",
            "warning",
            f"The teacher's {scores}: simple has learnt nothing from its labels (z = {z:.1f}).",
            LONGER,
        )
    draw = np.random.default_rng(key(plan.study.protocol.seed, "doctor", "against simple"))
    ahead = []
    for _ in range(DRAWS):
        rows = draw.integers(len(labels), size=len(labels))
        with contextlib.suppress(OverproofError):  # some metrics need both answers among the labels
            ahead.append(metric(teacher.values[rows], labels[rows]) - metric(simple.values[rows], labels[rows]))
    if not ahead:
        return
    most = float(np.quantile(DIRECTION[name] * np.array(ahead), 0.95))
    rope = plan.study.rope
    if most >= (WORTHWHILE * abs(of_simple) if rope is None else rope):
        return
    exchanged = _bigger(plan) and most < 0
    yield Finding(
        "against simple",
        "error" if exchanged else "warning",
        f"The teacher's {scores}: it is at most {max(most, 0):.3g} better (95 %)"
        + (", though the student is the bigger one." if exchanged else "."),
        "Exchange teacher and student." if exchanged else BETTER,
    )


def _knows(answers: Answers) -> float:
    """How far answers go with the labels beyond chance, on a scale on which :data:`SEEN` is seen."""
    if answers.task.classifies:
        return beyond_chance(answers.said, answers.labels)
    z = association(answers.logits, answers.labels).diagonal()
    return float(z.max()) - seen(len(z)) + SEEN


def _bigger(plan: Plan) -> bool:
    """Whether the student has more parameters than a teacher that is a network."""
    teacher = teacher_of(plan)
    return isinstance(teacher, nn.Module) and parameters(built(plan, "student")) > parameters(teacher)
