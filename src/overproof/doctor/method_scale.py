"""The scale of a method's soft loss: summed over classes, with temperature², and alpha the right way round."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from overproof.doctor.finding import Finding, Severity, Unchecked
from overproof.doctor.probe import CLASSES, NOTHING, Probe, tried
from overproof.methods.method import Method
from overproof.plan import Plan
from overproof.tasks.multiclass import MULTICLASS
from overproof.tasks.task import Task

#: Two temperatures at which softened probabilities are linear in the logits.
WARM, HOT = 20.0, 80.0


def method_scale(plan: Plan) -> Iterator[Finding | Unchecked]:
    """Look at every method that has a temperature or an alpha, with random logits."""
    yield from tried("method scale", plan, scale_of)


def scale_of(arm: str, method: Method, task: Task = MULTICLASS) -> Iterator[Finding]:
    """What the scale of one arm's method gives rise to."""
    if "temperature" in method.settings and task.softens:
        yield from _over_temperature(arm, method, task)
    if task.name == "multiclass":  # of two classes there are always two; labels and values are averaged
        yield from _over_classes(arm, method)
    if "alpha" in method.settings:
        yield from _over_alpha(arm, method, task)


def _over_temperature(arm: str, method: Method, task: Task) -> Iterator[Finding]:
    """With the factor temperature² the gradient stays; without it, it falls by the square; twice, it grows."""
    probe = Probe.drawn(0, task)
    warm, hot = (float(probe.pull(_with(method, "temperature", at), soft=True).norm()) for at in (WARM, HOT))
    power = math.log(warm / hot, HOT / WARM) if min(warm, hot) > NOTHING else 0.0
    if power > 0.5:
        yield _finding(
            "warning",
            f"{arm}: the gradient of {method.name}'s soft loss falls by a factor of {warm / hot:.3g} from temperature "
            f"{WARM:g} to {HOT:g} (temperature to the power of −{power:.1f}).",
            "Multiply the soft loss by temperature², or alpha means another thing at every temperature.",
        )
    if power < -0.5:
        yield _finding(
            "warning",
            f"{arm}: the gradient of {method.name}'s soft loss grows by a factor of {hot / warm:.3g} from temperature "
            f"{WARM:g} to {HOT:g} (temperature to the power of {-power:.1f}).",
            "Multiply the soft loss by temperature² once, and by nothing else that grows with the temperature.",
        )


def _over_classes(arm: str, method: Method) -> Iterator[Finding]:
    """Classes that both call impossible must not change a divergence; divided by their number, it shrinks.

    A loss that changes when all of the student's logits grow alike compares logits and not probabilities: for those, a
    mean over classes is usual (Ba and Caruana, arXiv:1312.6184).
    """
    probe = Probe.drawn()
    soft, moved = (float(each.soft(method)) for each in (probe, replace(probe, student=probe.student + 1)))
    if soft == 0 or not math.isclose(soft, moved, rel_tol=1e-6):
        return
    shrunk = [float(_padded(probe, more).soft(method)) / soft * (CLASSES + more) / CLASSES for more in (10, 30)]
    if all(math.isclose(each, 1, rel_tol=1e-3) for each in shrunk):
        yield _finding(
            "warning",
            f"{arm}: the soft loss of {method.name} halves when {CLASSES} impossible classes are added: it is divided "
            "by the number of classes.",
            'Sum over the classes of each row (in PyTorch, reduction="batchmean" and not "mean").',
        )


def _over_alpha(arm: str, method: Method, task: Task) -> Iterator[Finding]:
    """Alpha is the weight of the soft loss: with alpha 1 the labels, and not the teacher, must be irrelevant."""
    probe, other = Probe.drawn(0, task), Probe.drawn(1, task)
    only_soft = _with(method, "alpha", 1.0)
    pull = probe.pull(only_soft)
    by_labels = _change(pull, replace(probe, labels=other.labels).pull(only_soft))
    by_teacher = _change(pull, replace(probe, teacher=other.teacher).pull(only_soft))
    if by_teacher == 0 and by_labels > 0:
        yield _finding(
            "error",
            f"{arm}: with alpha = 1, {method.name} follows the labels (other labels change its gradient by "
            f"{by_labels:.0%}) and not the teacher (0 %).",
            "Alpha is the weight of the soft loss here: exchange the weights alpha and 1 − alpha.",
        )


def _with(method: Method, name: str, value: float) -> Method:
    return replace(method, **{name: value})


def _padded(probe: Probe, more: int) -> Probe:
    """The probe, with classes that neither student nor teacher gives any probability."""
    impossible = torch.full((len(probe.labels), more), -1e4, dtype=torch.float64)
    student, teacher = (torch.cat([logits, impossible], dim=1) for logits in (probe.student, probe.teacher))
    return Probe(student, teacher, probe.labels)


def _change(one: Tensor, other: Tensor) -> float:
    return float((other - one).norm() / one.norm()) if bool(one.any()) else 0.0


def _finding(severity: Severity, evidence: str, remedy: str) -> Finding:
    return Finding("method scale", severity, evidence, remedy)
