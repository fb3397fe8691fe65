"""Normalisation: a teacher that was trained on inputs of another scale, or another layout, than the data's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.answers import Answers, answered
from overproof.doctor.evidence import ALPHA, is_better
from overproof.doctor.finding import Finding, Unchecked, percent
from overproof.errors import ModelError
from overproof.plan import Plan
from overproof.teachers.teacher import Voice

#: Of the squared error of always saying the mean, a teacher on its own scale takes away at least this part.
LEAST = 0.05
#: Channel means and standard deviations of ImageNet, for images in [0, 1].
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def normalisation(plan: Plan, answers: Answers) -> Iterator[Finding | Unchecked]:
    """Ask a teacher that was brought about the same rows on other scales, and see whether one suits it better."""
    if why := _no_other_scale(plan, answers):
        yield Unchecked("normalisation", why)
        return
    if not plan.task.classifies:
        yield from _of_outputs(plan, answers)
        return
    scales = _scales(answers.inputs)
    best, right = "", answers.right
    for name, inputs in scales.items():
        try:
            said = answered(plan, answers.teacher, answers.rows, inputs).argmax(axis=1)
        except ModelError:  # not finite on that scale, so it is another one
            continue
        now = said == answers.labels
        better = is_better(now, answers.right, ALPHA / len(scales)) and now.sum() > right.sum()
        if better and answers.mean_something(said):
            best, right = name, now
    if best:
        yield Finding(
            "normalisation",
            "error",
            f"The teacher is right on {percent(answers.right.mean())} of {len(right)} rows as they are (inputs in "
            f"{np.nanmin(answers.inputs):.3g} … {np.nanmax(answers.inputs):.3g}), and on {percent(right.mean())} when "
            f"they are {best}.",
            "Prepare the inputs as in the teacher's training, or let its first layer do so.",
        )


def _no_other_scale(plan: Plan, answers: Answers) -> str:
    """Why rows have no other scale; empty where they have."""
    if plan.data.tokens is not None:
        return "Texts have no scale."
    if any(column.categories for column in plan.data.columns or ()):
        return "The rows have categories, which have no scale."
    if isinstance(answers.teacher, Voice) and not answers.teacher.sees_views:
        return "The teacher answers about the rows themselves, whatever their inputs are."
    return ""


def _of_outputs(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """The same for several labels or values: row by row, whether the squared error is smaller on another scale."""
    scales, best, largest = _scales(answers.inputs), "", answers.skill.mean()
    for name, inputs in scales.items():
        try:
            logits = answered(plan, answers.teacher, answers.rows, inputs)
        except ModelError:  # not finite on that scale, so it is another one
            continue
        now = replace(answers, logits=logits).skill
        better = is_better(now > answers.skill, now < answers.skill, ALPHA / len(scales))
        if better and now.mean() > max(LEAST, largest):
            best, largest = name, now.mean()
    if best:
        yield Finding(
            "normalisation",
            "error",
            f"The teacher takes away {percent(max(0.0, float(answers.skill.mean())))} of the squared error of always "
            f"saying the mean over {len(answers.rows)} rows as they are (inputs in {np.nanmin(answers.inputs):.3g} … "
            f"{np.nanmax(answers.inputs):.3g}), and {percent(float(largest))} when they are {best}.",
            "Prepare the inputs as in the teacher's training, or let its first layer do so.",
        )


def _scales(inputs: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
    """The rows on every scale and in every layout that is usual."""
    axes = (0, *range(2, inputs.ndim))  # of all but the channels, or the features
    there = np.where(np.isnan(inputs), np.float32(0), inputs) if np.isnan(inputs).all(axis=0).any() else inputs
    mean, deviation, lowest, highest = (
        measure(there, axis=axes, keepdims=True) for measure in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)
    )
    unit = (inputs - lowest) / np.where(highest > lowest, highest - lowest, 1)
    scales = {
        "multiplied by 255": inputs * np.float32(255),
        "divided by 255": inputs / np.float32(255),
        "moved to 0 … 1 (minus the smallest, divided by the range)": unit,
        "moved to −1 … 1": 2 * unit - 1,
        "standardised (minus the mean, divided by the standard deviation)": (inputs - mean)
        / np.where(deviation > 0, deviation, 1),
    }
    if inputs.ndim == 4:
        scales["inverted (light for dark)"] = lowest + highest - inputs
    if inputs.ndim == 4 and inputs.shape[2] == inputs.shape[3]:
        scales["given with rows and columns exchanged"] = inputs.swapaxes(2, 3).copy()
    if inputs.ndim == 4 and inputs.shape[1] == 3:
        means, deviations = np.array(IMAGENET, dtype=np.float32).reshape(2, 1, 3, 1, 1)
        scales["standardised as for ImageNet"] = (inputs - means) / deviations
        scales["given with their channels in the other order (BGR)"] = inputs[:, ::-1].copy()
    return scales
