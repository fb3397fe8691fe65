"""Determinism: a model in eval mode says the same of a row whenever it is asked, and does not change by being asked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from overproof.device import resolve
from overproof.doctor.answers import Models, affordable, ask
from overproof.doctor.finding import Finding, Unchecked
from overproof.models.architecture import eval_mode, logits_of
from overproof.models.inference import placed
from overproof.plan import Plan
from overproof.teachers.teacher import Voice

#: Rounding that a GPU may change from call to call, as a part of the largest answer.
ROUNDING = 1e-4
#: Rows asked about: so many, or as many as these multiply-accumulate operations allow.
MOST, OPERATIONS = 64, 5e8
#: A teacher that is no network, and slower than that, is not asked.
FEWEST = 4


def determinism(plan: Plan, models: Models) -> Iterator[Finding | Unchecked]:
    """Ask teacher and student twice about the same rows, and once more about half of them, beside other rows."""
    if models.teacher is None:
        yield Unchecked("determinism", "The teacher is fitted in the study; the student was asked.")
    elif isinstance(models.teacher, Voice):
        yield from _voice_asked_twice(plan, models.teacher)
    for role, module in models.networks.items():
        yield from _asked_twice(plan, role, module)


def _voice_asked_twice(plan: Plan, voice: Voice) -> Iterator[Finding | Unchecked]:
    """The same for a teacher that is no network."""
    count = min(MOST, affordable(plan, voice, OPERATIONS), len(plan.data))
    if count < FEWEST:
        yield Unchecked("determinism", "The teacher is slow; the student was asked.")
        return
    rows = np.arange(count)
    half = rows[: count // 2]
    first, second, third = (ask(plan, voice, each).logits for each in (rows, rows, half[::-1]))
    rounding = ROUNDING * float(np.abs(first).max())
    for moved, when in (
        (np.abs(first - second).max(), f"Asked twice about the same {count} rows"),
        (np.abs(first[: len(half)][::-1] - third).max(), f"Asked about {len(half)} of {count} rows by themselves"),
    ):
        if moved > rounding:
            yield Finding(
                "determinism",
                "error",
                f"{when}, the teacher changed its answers by up to {moved:.3g}.",
                "Let it answer for each row by itself, and remove what draws at random when it is asked.",
            )
            return


def _asked_twice(plan: Plan, role: str, module: nn.Module) -> Iterator[Finding]:
    inputs = torch.from_numpy(plan.data.inputs[: max(2, min(MOST, affordable(plan, module, OPERATIONS)))])
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    with placed(module, device := resolve(plan.study.run.device)), eval_mode(module), torch.inference_mode():
        half = len(inputs) // 2
        beside_others = torch.cat([inputs[:half], inputs[: len(inputs) - half]])
        first, second, third = (logits_of(module(rows.to(device))).float() for rows in (inputs, inputs, beside_others))
    change, moved = float((first - second).abs().max()), float((first - third)[:half].abs().max())
    rounding = ROUNDING * float(first.abs().max())
    if change > rounding:
        yield Finding(
            "determinism",
            "error",
            f"Asked twice about the same {len(inputs)} rows, the {role} changed its logits by up to {change:.3g}.",
            "Remove what draws at random in eval mode (dropout called as a function needs training=self.training), and "
            "what writes into its input.",
        )
    elif moved > rounding:
        yield Finding(
            "determinism",
            "error",
            f"The {role}'s logits for the same {half} rows change by up to {moved:.3g} beside other rows.",
            "Let it answer for each row by itself in eval mode (normalisation by running statistics, not the batch's).",
        )
    changed = [
        name for name, buffer in module.named_buffers() if not before[name].equal(buffer.to(before[name].device))
    ]
    if changed:
        yield Finding(
            "determinism",
            "error",
            f"Asking the {role} in eval mode changed {len(changed)} of its buffers (first: {changed[0]}).",
            "Update running statistics in train mode only.",
        )
