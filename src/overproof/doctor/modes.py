"""Modes: train() and eval() must reach every part, or dropout and normalisation act when they must not."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from overproof.doctor.answers import Models
from overproof.doctor.finding import Finding
from overproof.models.architecture import eval_mode
from overproof.plan import Plan


def modes(plan: Plan, models: Models) -> Iterator[Finding]:
    """Switch teacher and student to eval mode, and what is trained here back to train mode."""
    for role, module in models.networks.items():
        training, evaluating = _stuck(module)
        if training:
            yield Finding(
                "modes",
                "error",
                f"After eval(), {len(training)} parts of the {role} are still in train mode (first: {training[0]}).",
                "Let its train(mode) reach all of its parts, so that its answers depend on the row alone.",
            )
        if evaluating and (role == "student" or plan.trains_teacher):
            yield Finding(
                "modes",
                "warning",
                f"After train(), {len(evaluating)} parts of the {role} stay in eval mode (first: {evaluating[0]}).",
                "If they are not frozen on purpose, let its train(mode) reach all of its parts.",
            )


def _stuck(module: nn.Module) -> tuple[list[str], list[str]]:
    """Parts that stay in train mode after ``eval()``, and parts that stay in eval mode after ``train()``."""
    with eval_mode(module):
        training = [name or "the model" for name, part in module.named_modules() if part.training]
        module.train()
        evaluating = [name or "the model" for name, part in module.named_modules() if not part.training]
    return training, evaluating
