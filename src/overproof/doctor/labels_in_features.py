"""Labels in the features: one feature, or pixel, that tells the label by itself, or one for each class."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.answers import known, sample
from overproof.doctor.association import association, seen, separation
from overproof.doctor.evidence import ALPHA, at_least
from overproof.doctor.features import features as numbers_of
from overproof.doctor.features import name_of
from overproof.doctor.finding import Finding, percent
from overproof.plan import Plan

#: Rows and features looked at, where there are more.
ROWS, FEATURES = 2048, 4096
#: A feature is suspicious when it leaves at most this part of the errors of always saying the commonest class.
SUSPICIOUS = 0.1
#: Rows with a label, and without it, that it takes for a feature to separate them by no accident.
FEWEST = 20


def labels_in_features(plan: Plan) -> Iterator[Finding]:
    """Predict the label from each feature alone: that of the row whose value is nearest.

    Neighbours are looked for among every second row, for the others, and the other way round.
    """
    rows = sample(plan, known(plan), ROWS)
    values, labels = numbers_of(plan.data, plan.data.inputs[rows]), plan.data.labels[rows]
    if not plan.task.classifies:
        yield from _of_outputs(plan, values, labels)
        return
    features = np.linspace(0, values.shape[1] - 1, min(FEATURES, values.shape[1])).astype(np.int64)
    right = np.array([_right(values[:, feature], labels) for feature in features])
    best, commonest = int(right.argmax()), float(np.bincount(labels).max()) / len(labels)
    suspicious, risk = 1 - SUSPICIOUS * (1 - commonest), ALPHA / len(features)
    marks, marked = _marks(values[:, features], labels)
    if at_least(int(right[best]), len(rows), risk) > suspicious:
        place = name_of(plan.data, int(features[best]))
        yield Finding(
            "labels in features",
            "warning",
            f"{_capital(place)} alone tells the label of {percent(right[best] / len(rows))} of {len(rows):,} rows.",
            "If it is known only once the label is known, leave it out.",
        )
    elif at_least(marked, len(rows), risk) > suspicious:
        yield Finding(
            "labels in features",
            "warning",
            f"{len(marks)} features, each largest where the label is one class (first: "
            f"{name_of(plan.data, int(features[marks[0]])).removeprefix('feature ')}), mark the label of "
            f"{percent(marked / len(rows))} of {len(rows):,} rows.",
            "If they are known only once the label is known, leave them out.",
        )


def _of_outputs(plan: Plan, values: NDArray[np.float32], labels: NDArray[np.float32]) -> Iterator[Finding]:
    """The same for several labels or values: a feature that separates a label's rows, or that rises with a value."""
    places = np.linspace(0, values.shape[1] - 1, min(FEATURES, values.shape[1])).astype(np.int64)
    if plan.task.name == "multilabel":
        yield from _of_labels(plan, values[:, places], labels, places)
        return
    found = association(values[:, places], labels) / association(labels, labels).diagonal().clip(min=1e-9)
    with np.errstate(divide="ignore"):
        # a rank correlation's arctanh has a standard error of about 1.03 / sqrt(rows - 3) (Fieller and others, 1957)
        error = 1.03 / math.sqrt(max(1, len(labels) - 3))
        sure = np.arctanh(np.abs(found).clip(max=1)) - seen(found.size, ALPHA) * error
    feature, output = np.unravel_index(int(sure.argmax()), sure.shape)
    if np.tanh(sure[feature, output]) ** 2 > 1 - SUSPICIOUS**2:
        yield Finding(
            "labels in features",
            "warning",
            f"{_capital(name_of(plan.data, int(places[feature])))} alone tells the label {plan.data.classes[output]!r} "
            f"(rank correlation {found[feature, output]:.3f} over {len(labels):,} rows).",
            "If it is known only once the label is known, leave it out.",
        )


def _of_labels(
    plan: Plan, values: NDArray[np.float32], labels: NDArray[np.float32], places: NDArray[np.int64]
) -> Iterator[Finding]:
    yes = labels.sum(axis=0)
    common = np.flatnonzero(np.minimum(yes, len(labels) - yes) >= FEWEST)
    if not len(common):
        return
    found = np.abs(separation(values, labels[:, common]))
    feature, output = np.unravel_index(int(found.argmax()), found.shape)
    if (best := float(found[feature, output])) > 1 - SUSPICIOUS**2:
        yield Finding(
            "labels in features",
            "warning",
            f"{_capital(name_of(plan.data, int(places[feature])))} alone tells the label "
            f"{plan.data.classes[int(common[output])]!r}: over {len(labels):,} rows it puts {percent((1 + best) / 2)} "
            "of the pairs with and without it in order.",
            "If it is known only once the label is known, leave it out.",
        )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _marks(values: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """For each class the feature that is largest for its rows and for no others, and how many rows are so marked.

    A label written as one-hot features is found so; rows of other classes that a feature marks, too, count against it.
    """
    largest = (values == values.max(axis=0)).astype(np.float32)
    classes = (labels[:, None] == np.unique(labels)).astype(np.float32)
    hits = largest.T @ (2 * classes - 1)
    return np.asarray(hits.argmax(axis=0), dtype=np.int64), int(hits.max(axis=0).clip(min=0).sum())


def _right(values: NDArray[np.float32], labels: NDArray[np.int64]) -> int:
    """Rows whose label is that of the nearest value in the other half of the rows."""
    even = np.arange(len(values)) % 2 == 0
    return sum(
        int((_nearest(values[known], labels[known], values[~known]) == labels[~known]).sum()) for known in (even, ~even)
    )


def _nearest(known: NDArray[np.float32], labels: NDArray[np.int64], asked: NDArray[np.float32]) -> NDArray[np.int64]:
    """Labels of the known values that are nearest to those asked about."""
    order = np.argsort(known, kind="stable")
    known, labels = known[order], labels[order]
    above = np.searchsorted(known, asked).clip(max=len(known) - 1)
    below = (above - 1).clip(min=0)
    nearer = np.where(asked - known[below] < known[above] - asked, below, above)
    return labels[nearer]
