"""Settings at the edge of sense: an alpha that leaves a term out, a temperature that leaves nothing to see."""

from __future__ import annotations

from collections.abc import Iterator

from overproof.doctor.finding import Finding
from overproof.plan import Plan

#: Below, softened probabilities are one-hot; above, they are linear in the logits, and a higher one changes nothing.
COLDEST, HOTTEST = 0.5, 20.0


def settings(plan: Plan) -> Iterator[Finding]:
    """Alpha 0 or 1, and temperatures outside [0.5, 20]."""
    for arm in plan.study.arms:
        method = plan.methods[arm]
        alpha, temperature = method.settings.get("alpha"), method.settings.get("temperature")
        if not method.needs_teacher:
            continue
        if alpha == 0:
            yield _finding(
                f"{arm} has alpha = 0: its soft loss has no weight, and it is simple to the bit.",
                "Give alpha, the weight of the soft loss, a value above 0.",
            )
        if alpha == 1:
            yield _finding(
                f"{arm} has alpha = 1: its hard loss has no weight, and the labels teach it nothing.",
                "Lower alpha, the weight of the soft loss, unless that is what you want to see.",
            )
        if temperature is not None and plan.task.softens and not COLDEST <= temperature <= HOTTEST:
            why = "soft targets are all but one-hot" if temperature < COLDEST else "soft targets are all but uniform"
            yield _finding(
                f"{arm} has temperature = {temperature:g}, where {why}.",
                f"Choose a temperature in {COLDEST:g} … {HOTTEST:g}.",
            )


def _finding(evidence: str, remedy: str) -> Finding:
    return Finding("settings", "warning", evidence, remedy)
