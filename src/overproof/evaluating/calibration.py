"""Whether an arm's confidence is worth what it says, as it is and after temperature scaling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from overproof.evaluating.predictions import first_repeat, validation_logits, validation_rows
from overproof.metrics import METRICS, fitted_temperature, reliability
from overproof.plan import Member, Plan
from overproof.results import Calibration, ReliabilityBin, Scaling
from overproof.run import Run
from overproof.statistics import spread

#: What scaling can change: it moves confidence and leaves every prediction as it is.
SCALED = ("log_loss", "brier", "ece", "ece_equal_mass")


def calibration(plan: Plan, run: Run, arm: str, logits: Sequence[NDArray[np.float64]]) -> Calibration:
    """The arm's reliability, and what temperature scaling makes of it.

    A split's temperature is fitted on validation rows and applied to test rows.

    Args:
        plan: the splits.
        run: has the arm's logits on validation rows.
        arm: its name.
        logits: the arm's on the test rows of every split, each [test rows, classes].
    """
    members = [Member(arm, split) for split in plan.splits]
    temperatures = [_temperature(plan, run, member) for member in members]
    why = _why_unscaled(plan, members, temperatures)
    scaling = _scaling(plan, logits, temperatures) if why is None else None
    return Calibration(bins=_bins(plan, logits), scaling=scaling, why_unscaled=why)


def _why_unscaled(plan: Plan, members: Sequence[Member], temperatures: Sequence[float | None]) -> str | None:
    if any(temperatures):
        return None
    if members[0].arm == "teacher" and plan.fits_teacher:
        return "it is fitted on all of its rows, and none are left to fit a temperature on"
    if any(len(validation_rows(member)) for member in members):
        return "the validation rows of no split determine a temperature, as when the arm gets all of them right"
    validation = plan.study.protocol.validation
    return f"there are no validation rows to fit a temperature on (protocol.validation = {validation:g})"


def _temperature(plan: Plan, run: Run, member: Member) -> float | None:
    """The temperature that fits a member's validation rows, or None where they determine none."""
    rows = validation_rows(member)
    return fitted_temperature(validation_logits(plan, run, member), plan.data.labels[rows]) if len(rows) else None


def _scaling(plan: Plan, logits: Sequence[NDArray[np.float64]], temperatures: Sequence[float | None]) -> Scaling:
    scaled = [own / (temperature or 1) for own, temperature in zip(logits, temperatures, strict=True)]
    said = [softmax(own, axis=1) for own in scaled]
    labels = [plan.data.labels[split.test] for split in plan.splits]
    return Scaling(
        temperatures=list(temperatures),
        scores={
            metric: spread([METRICS[metric](rows, own) for rows, own in zip(said, labels, strict=True)])
            for metric in SCALED
        },
        bins=_bins(plan, scaled),
    )


def _bins(plan: Plan, logits: Sequence[NDArray[np.float64]]) -> list[ReliabilityBin]:
    labels = first_repeat(plan, [plan.data.labels[split.test] for split in plan.splits])
    return [
        ReliabilityBin(**each._asdict()) for each in reliability(softmax(first_repeat(plan, logits), axis=1), labels)
    ]
