"""Normalisation: a teacher that was trained on inputs of another scale, or another layout, than the data's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from overproof.device import resolve
from overproof.doctor.answers import Answers
from overproof.doctor.evidence import ALPHA, is_better
from overproof.doctor.finding import Finding, percent
from overproof.errors import ModelError
from overproof.models.inference import predict
from overproof.plan import Plan

#: Channel means and standard deviations of ImageNet, for images in [0, 1].
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def normalisation(plan: Plan, answers: Answers) -> Iterator[Finding]:
    """Ask a teacher that was brought about the same rows on other scales, and see whether one suits it better."""
    scales = _scales(answers.inputs)
    best, right = "", answers.right
    for name, inputs in scales.items():
        try:
            said = predict(answers.teacher, inputs, answers.ids, resolve(plan.study.run.device)).argmax(axis=1)
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
            f"{answers.inputs.min():.3g} … {answers.inputs.max():.3g}), and on {percent(right.mean())} when they are "
            f"{best}.",
            "Prepare the inputs as in the teacher's training, or let its first layer do so.",
        )


def _scales(inputs: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
    """The rows on every scale and in every layout that is usual."""
    axes = (0, *range(2, inputs.ndim))  # of all but the channels, or the features
    mean, deviation = inputs.mean(axis=axes, keepdims=True), inputs.std(axis=axes, keepdims=True)
    lowest, highest = inputs.min(axis=axes, keepdims=True), inputs.max(axis=axes, keepdims=True)
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
