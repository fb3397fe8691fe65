"""The terms of a method: does its soft loss pull the student towards what the teacher says, row by row?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from overproof.doctor.finding import Finding, Severity, Unchecked
from overproof.doctor.probe import NOTHING, ROWS, Probe, hard_terms, tried
from overproof.methods.method import Method
from overproof.plan import Plan
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task

#: What is 0 but for rounding, as a part of what is compared.
ROUNDING = 1e-6
#: Minus the cosine from which on a gradient leads away from the teacher. That of a divergence is positive.
AWAY = 0.1


def method_terms(plan: Plan) -> Iterator[Finding | Unchecked]:
    """Look at every method that reads a teacher, with random outputs of the study's task."""
    yield from tried("method terms", plan, terms_of)


def terms_of(arm: str, method: Method, task: Task = MULTICLASS) -> Iterator[Finding]:
    """What the terms of one arm's method give rise to."""
    probe = Probe.drawn(0, task)
    terms = probe.terms(method)
    for name, term in terms.items():
        if tuple(term.value.shape) != (ROWS,):
            yield _finding(
                "error",
                f"{arm}: the term {name!r} of {method.name} has shape {tuple(term.value.shape)} for {ROWS} rows.",
                "Return one number for each row and leave the mean to the training loop.",
            )
    if not terms.keys() - hard_terms(method, task):
        yield _finding(
            "error",
            f"{arm}: {method.name} has no term that reads the teacher.",
            "Return a term that reads the teacher.",
        )
        return
    if float(probe.pull(method, soft=True).norm()) < NOTHING:
        yield _finding(
            "error",
            f"{arm}: the soft loss of {method.name} has no gradient with respect to the student.",
            "See that it compares the teacher with the student (and not with itself), and detaches only the teacher.",
        )
        return
    if not bool(torch.isfinite(probe.soft(method))):
        yield _finding(
            "error",
            f"{arm}: the soft loss of {method.name} is {float(probe.soft(method))} for logits of ordinary size.",
            "Take log_softmax of logits, and no logarithm or quotient of what may be 0.",
        )
        return
    yield from _of_the_teacher(arm, method, probe)
    yield from _towards_the_teacher(arm, method, probe)
    yield from _row_by_row(arm, method, probe)


def _of_the_teacher(arm: str, method: Method, probe: Probe) -> Iterator[Finding]:
    soft = probe.soft(method)
    if torch.equal(soft, replace(probe, teacher=Probe.drawn(1, probe.task).teacher).soft(method)):
        yield _finding(
            "error",
            f"{arm}: the soft loss of {method.name} is {float(soft):.4g} whatever the teacher says.",
            "See that it reads the teacher's logits.",
        )
    matched = float(replace(probe, student=probe.teacher).soft(method))
    if method.zero_at_match and abs(matched) > ROUNDING * abs(float(soft)):
        yield _finding(
            "error",
            f"{arm}: the soft loss of {method.name} is {matched:.4g} where student and teacher agree "
            f"({float(soft):.4g} where they do not), though it declares zero_at_match.",
            "See that both are treated alike (logits or probabilities, temperature, order of classes).",
        )


def _towards_the_teacher(arm: str, method: Method, probe: Probe) -> Iterator[Finding]:
    """A step down the soft loss brings student and teacher together, and none is left where they agree."""
    other = replace(probe, labels=Probe.drawn(1, probe.task).labels)
    if not torch.equal(probe.soft(method), other.soft(method)):  # the labels have a say: nothing is certain
        return
    pull = probe.pull(method, soft=True)
    at_match = replace(probe, student=probe.teacher).pull(method, soft=True)
    apart = probe.student - probe.teacher
    if probe.task.classifies:  # softmax does not see what all classes have in common
        apart = apart - apart.mean(dim=1, keepdim=True)
    cosine = float((pull * apart).sum() / (pull.norm() * apart.norm()))
    if cosine < -AWAY:
        yield _finding(
            "error",
            f"{arm}: the gradient of the soft loss of {method.name} leads away from the teacher (cosine {cosine:.2f}).",
            "Change its sign.",
        )
    left = float(at_match.norm() / pull.norm())
    if left > ROUNDING and not method.zero_at_match:
        yield _finding(
            "warning",
            f"{arm}: where student and teacher agree, the soft loss of {method.name} still has a gradient, {left:.2g} "
            "times as long as where they do not.",
            "If that is not its purpose, treat both alike (logits or probabilities, temperature, order of classes).",
        )


def _row_by_row(arm: str, method: Method, probe: Probe) -> Iterator[Finding]:
    """The mean over halves of a batch must be that of the whole, or accumulating gradients would change the loss."""
    half = ROWS // 2
    parts = [
        Probe(probe.student[part], probe.teacher[part], probe.labels[part], probe.task).soft(method)
        for part in (slice(half), slice(half, None))
    ]
    whole, halves = float(probe.soft(method)), float(torch.stack(parts).mean())
    if abs(whole - halves) > ROUNDING * abs(whole):
        yield _finding(
            "warning",
            f"{arm}: the soft loss of {method.name} is {whole:.4g} for {ROWS} rows at once and {halves:.4g} for two "
            "halves.",
            "If it does not compare rows with one another on purpose, see that no row depends on the batch.",
        )


def _finding(severity: Severity, evidence: str, remedy: str) -> Finding:
    return Finding("method terms", severity, evidence, remedy)
