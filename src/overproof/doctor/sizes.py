"""Sizes: a student bigger than its teacher (were they exchanged?), or too small by far to follow it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from overproof.doctor.answers import Models
from overproof.doctor.finding import Finding, Unchecked
from overproof.models.cost import parameters
from overproof.plan import Plan

#: Largest ratio of parameters that raises no alarm. Reported comparisons lie between 2 and a few hundred.
WIDEST = 1000


def sizes(plan: Plan, models: Models) -> Iterator[Finding | Unchecked]:
    """Compare the parameters of teacher and student; and see that the student has some to train."""
    del plan
    student = parameters(models.student)
    if not any(parameter.requires_grad for parameter in models.student.parameters()):
        yield Finding(
            "sizes",
            "error",
            f"The student has {student:,} parameters, and none of them can be trained.",
            "Return it with requires_grad switched on.",
        )
    if not isinstance(models.teacher, nn.Module):
        yield Unchecked("sizes", "The teacher is no network, and has no parameters to compare with the student's.")
        return
    teacher = parameters(models.teacher)
    if student > teacher > 0:
        yield Finding(
            "sizes",
            "warning",
            f"The student has {student:,} parameters, the teacher {teacher:,}.",
            "If the two are exchanged, exchange them back.",
        )
    if teacher > WIDEST * student:
        yield Finding(
            "sizes",
            "warning",
            f"The teacher has {teacher / max(student, 1):,.0f} times the student's parameters ({teacher:,} and "
            f"{student:,}); so small a student may be unable to follow it.",
            "Consider a teacher in between, itself distilled from the big one (arXiv:1902.03393).",
        )
