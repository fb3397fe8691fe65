"""Gradients: hard and soft loss must both have a say in what the student learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from overproof.doctor.answers import Answers, built
from overproof.doctor.finding import Finding
from overproof.methods.method import Method, Outputs
from overproof.models.architecture import eval_mode, logits_of
from overproof.models.fitted import SCALE
from overproof.plan import Plan

ROWS = 64
#: A loss whose part of the gradient is below a thousandth has no say.
WIDEST = 1000.0
#: A part of the other's gradient that is 0 but for rounding, in float32.
NOTHING = 1e-6


def gradients(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """Compare the gradients of the weighted hard and soft loss at the student's initial weights, for some rows."""
    for arm in plan.study.arms:
        method = plan.methods[arm]
        if not method.needs_teacher or method.settings.get("alpha") in (0, 1):
            continue
        student = built(plan, "student").cpu()
        with eval_mode(student):
            logits = logits_of(student(torch.from_numpy(answers.inputs[:ROWS])))
        try:
            norms = _norms(student, logits, answers, method)
        except Exception as error:  # a method may be anyone's, and may want more than logits
            yield Finding(
                "gradients",
                "error",
                f"{arm}: the loss of {method.name} fails with {error!r} for {len(answers.labels[:ROWS])} of the rows.",
                "Return Terms by name, each with its weight and one number for each row.",
            )
            continue
        soft, hard = norms.pop("soft", None), norms.pop("hard", None)
        if soft is None or hard is None or norms:
            continue
        if max(soft, hard) > WIDEST * min(soft, hard):
            weak = "soft" if soft < hard else "hard"
            yield Finding(
                "gradients",
                "warning",
                f"{arm}: at the first step the gradient of the soft loss has length {soft:.3g} and that of the hard "
                f"loss {hard:.3g}, each with its weight; the {weak} loss has no say.",
                f"Give the {weak} loss more weight (alpha is the weight of the soft loss)."
                if min(soft, hard) > NOTHING * max(soft, hard)
                else f"See that the student's logits reach the {weak} loss with their gradient (no detach).",
            )


def _norms(student: nn.Module, logits: Tensor, answers: Answers, method: Method) -> dict[str, float]:
    """Length of the gradient of weight · mean(value) of each term with respect to the student's weights."""
    own = [parameter for parameter in student.parameters() if parameter.requires_grad]
    soft_targets, labels = torch.from_numpy(answers.logits[:ROWS]), torch.from_numpy(answers.labels[:ROWS])
    if (scale := student.state_dict().get(SCALE)) is not None:  # values are learnt in units of their scale
        logits, soft_targets, labels = logits / scale, soft_targets / scale, labels / scale
    terms = method.loss(Outputs(logits, answers.task), Outputs(soft_targets, answers.task), labels)
    return {name: _length(torch.as_tensor(term.weight * term.value.mean()), own) for name, term in terms.items()}


def _length(loss: Tensor, weights: Sequence[Tensor]) -> float:
    if not loss.requires_grad:
        return 0.0
    parts = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
    return float(torch.cat([part.flatten() for part in parts]).norm())
