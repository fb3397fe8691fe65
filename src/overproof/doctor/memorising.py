"""Memorising: a teacher that knows its own training rows by heart has little to say about them but their labels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy.special import ndtri

from overproof.doctor.answers import Answers, ask, sample
from overproof.doctor.evidence import ALPHA
from overproof.doctor.finding import Finding, percent
from overproof.plan import Plan

#: Points of accuracy by which a teacher may be better on its training rows.
TOLERATED = 0.1


def memorising(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """Compare a teacher trained in the first split on rows it was trained on and on its test rows."""
    own = ask(plan, answers.teacher, sample(plan, plan.splits[0].teacher))
    if not plan.task.classifies:
        yield from _of_outputs(plan, own, answers)
        return
    inside, outside = float(own.right.mean()), float(answers.right.mean())
    error = math.sqrt(inside * (1 - inside) / len(own.labels) + outside * (1 - outside) / len(answers.labels))
    if inside - outside + float(ndtri(ALPHA)) * error > TOLERATED:
        yield Finding(
            "memorising",
            "warning",
            f"The teacher is right on {percent(inside)} of its training rows and on {percent(outside)} of "
            f"{len(answers.labels)} test rows; its soft targets on the former are little more than the labels.",
            _remedy(plan),
        )


def _of_outputs(plan: Plan, own: Answers, answers: Answers) -> Iterator[Finding]:
    """The same by the part of the mean's squared error that is gone, where no answer is right or wrong."""
    inside, outside = float(own.skill.mean()), float(answers.skill.mean())
    error = math.sqrt(own.skill.var() / len(own.skill) + answers.skill.var() / len(answers.skill))
    if inside - outside + float(ndtri(ALPHA)) * error > TOLERATED:
        yield Finding(
            "memorising",
            "warning",
            f"The teacher takes away {percent(inside)} of the squared error of always saying the mean on its training "
            f"rows and {percent(outside)} on {len(answers.labels)} test rows; its soft targets on the former are "
            "little more than the labels.",
            _remedy(plan),
        )


def _remedy(plan: Plan) -> str:
    if plan.fits_teacher and not plan.one_teacher:
        return "Set teacher.cross_fit = true: each row is then answered for by a teacher that was fitted without it."
    return (
        "Regularise it (dropout, weight decay, fewer epochs), or let each row be answered by a teacher that was "
        "trained without it (cross-fitting)."
    )
