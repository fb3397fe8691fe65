"""What the teacher knows beyond the labels: which classes it finds alike, and the rows it says most about."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, softmax

from overproof.data.dataset import Dataset
from overproof.evaluating.predictions import first_repeat, test_logits
from overproof.plan import Member, Plan
from overproof.results import ClassPair, InformativeRow, Knowledge
from overproof.run import Run

#: Up to so many classes, the whole matrix is kept.
MOST_CLASSES = 50
#: How many pairs, rows, and classes of a row's soft target are kept.
PAIRS, ROWS, NAMED = 20, 12, 5
#: Largest height and width of a row that is kept as a picture, and characters that all pictures may take together.
SIDE, CHARACTERS = 64, 100_000
#: Decimals of probabilities that are only looked at.
DECIMALS = 6

Floats = NDArray[np.float64]


def knowledge(plan: Plan, run: Run) -> Knowledge | None:
    """What the teachers of the first repeat say about its test rows, none of which they were trained on.

    (A teacher that was brought, or trained on all rows, may have been: the leak status says so.) None where rows have
    no classes.
    """
    if not plan.task.classifies:
        return None
    members = [Member("teacher", split) for split in plan.splits]
    logits = first_repeat(plan, [test_logits(plan, run, member) for member in members])
    return known(plan.data, first_repeat(plan, [split.test for split in plan.splits]), logits, temperature_of(plan))


def known(data: Dataset, rows: NDArray[np.int64], logits: NDArray[np.float32], temperature: float) -> Knowledge:
    """What a teacher's logits say about some rows, at a temperature.

    Args:
        data: has the rows.
        rows: positions [rows].
        logits: the teacher's [rows, classes].
        temperature: divides them before softmax.
    """
    soft = softmax(logits.astype(np.float64) / temperature, axis=1)
    likeness = class_similarity(soft, data.labels[rows])
    return Knowledge(
        temperature=temperature,
        similarity=_listed(likeness) if len(likeness) <= MOST_CLASSES else None,
        pairs=most_alike(likeness),
        rows=informative_rows(data, rows, soft),
    )


def temperature_of(plan: Plan) -> float:
    """The temperature of the study's first method that has one, else 1."""
    settings = [method.settings for method in plan.methods.values()]
    return float(next((own["temperature"] for own in settings if "temperature" in own), 1.0))


def class_similarity(soft: Floats, labels: NDArray[np.int64]) -> Floats:
    """Mean soft target of every class's rows: what the teacher thinks a class might also be.

    Args:
        soft: probabilities [rows, classes].
        labels: class of each row [rows].

    Returns:
        [true class, class], each row adding up to 1; NaN for a class without a row.

    Example:
        >>> class_similarity(np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]]), np.array([0, 0, 1]))
        array([[0.7, 0.3],
               [0.1, 0.9]])
    """
    sums = np.zeros((soft.shape[1], soft.shape[1]))
    np.add.at(sums, labels, soft)
    rows = np.bincount(labels, minlength=len(sums))[:, np.newaxis]
    return np.divide(sums, rows, out=np.full_like(sums, np.nan), where=rows > 0)


def _listed(likeness: Floats) -> list[list[float] | None]:
    """None for a class without a row."""
    return [None if np.isnan(row).any() else row.round(DECIMALS).tolist() for row in likeness]


def most_alike(likeness: Floats) -> list[ClassPair]:
    """The pairs of different classes with the largest :func:`class_similarity`, largest first."""
    others = np.where(np.isnan(likeness), -1, likeness)
    np.fill_diagonal(others, -1)
    order = np.argsort(-others, axis=None, kind="stable")[: min(PAIRS, int((others >= 0).sum()))]
    return [
        ClassPair(true=true, other=other, probability=round(float(likeness[true, other]), DECIMALS))
        for true, other in zip(*(part.tolist() for part in np.unravel_index(order, others.shape)), strict=True)
    ]


def informative_rows(data: Dataset, rows: NDArray[np.int64], soft: Floats) -> list[InformativeRow]:
    """The rows with the largest entropy of the soft target among those the teacher gets right, largest first.

    Such a row teaches more than its label: the teacher knows what it is, and what it might have been.

    Args:
        data: has the rows.
        rows: positions [rows].
        soft: the teacher's soft targets for them [rows, classes].
    """
    labels, entropy = data.labels[rows], entr(soft).sum(axis=1)
    order = np.lexsort((data.ids[rows], -entropy))
    order = order[soft[order].argmax(axis=1) == labels[order]]
    picture = is_picture(data.shape)
    most = min(ROWS, CHARACTERS // _characters(data.shape)) if picture else ROWS
    chosen = order[:most]
    pixels = pictures(data.inputs[rows[chosen]]) if picture else [None] * len(chosen)
    named = np.argsort(-soft[chosen], axis=1, kind="stable")[:, :NAMED]
    return [
        InformativeRow(
            id=str(data.ids[rows[at]]),
            label=int(labels[at]),
            entropy=round(float(entropy[at]), DECIMALS),
            classes=likeliest.tolist(),
            probabilities=soft[at, likeliest].round(DECIMALS).tolist(),
            pixels=shown,
        )
        for at, likeliest, shown in zip(chosen.tolist(), named, pixels, strict=True)
    ]


def is_picture(shape: Sequence[int]) -> bool:
    """Whether a row is a grey or colour image small enough to be kept: [1 or 3, height, width]."""
    return len(shape) == 3 and shape[0] in (1, 3) and max(shape[1:]) <= SIDE


def _characters(shape: Sequence[int]) -> int:
    """Length of one picture in base64."""
    return 4 * math.ceil(math.prod(shape) / 3)


def pictures(inputs: NDArray[np.float32]) -> list[str | None]:
    """Images as base64 of their 8-bit values.

    Values in [0, 1] keep their brightness; others are stretched together, from the least to the largest.

    Args:
        inputs: [images, channels, height, width].

    Example:
        >>> [picture] = pictures(np.array([[[[0.0, 0.2], [0.4, 1.0]]]], dtype=np.float32))
        >>> list(base64.b64decode(picture))
        [0, 51, 102, 255]
    """
    if inputs.size == 0:
        return []
    low, high = float(inputs.min()), float(inputs.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    values = np.rint(255 * (inputs.astype(np.float64) - low) / ((high - low) or 1)).astype(np.uint8)
    return [base64.b64encode(image.tobytes()).decode() for image in values]
