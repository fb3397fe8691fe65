"""Labels in the features: one feature, or pixel, that tells the label by itself, or one for each class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.answers import sample
from overproof.doctor.evidence import ALPHA, at_least
from overproof.doctor.finding import Finding, percent
from overproof.plan import Plan

#: Rows and features looked at, where there are more.
ROWS, FEATURES = 2048, 4096
#: A feature is suspicious when it leaves at most this part of the errors of always saying the commonest class.
SUSPICIOUS = 0.1


def labels_in_features(plan: Plan) -> Iterator[Finding]:
    """Predict the label from each feature alone: that of the row whose value is nearest.

    Neighbours are looked for among every second row, for the others, and the other way round.
    """
    rows = sample(plan, np.arange(len(plan.data)), ROWS)
    values, labels = plan.data.inputs[rows].reshape(len(rows), -1), plan.data.labels[rows]
    features = np.linspace(0, values.shape[1] - 1, min(FEATURES, values.shape[1])).astype(np.int64)
    right = np.array([_right(values[:, feature], labels) for feature in features])
    best, commonest = int(right.argmax()), float(np.bincount(labels).max()) / len(labels)
    suspicious, risk = 1 - SUSPICIOUS * (1 - commonest), ALPHA / len(features)
    marks, marked = _marks(values[:, features], labels)
    if at_least(int(right[best]), len(rows), risk) > suspicious:
        place = _place(plan, features[best])
        yield Finding(
            "labels in features",
            "warning",
            f"Feature [{place}] alone tells the label of {percent(right[best] / len(rows))} of {len(rows):,} rows.",
            "If it is known only once the label is known, leave it out.",
        )
    elif at_least(marked, len(rows), risk) > suspicious:
        yield Finding(
            "labels in features",
            "warning",
            f"{len(marks)} features, each largest where the label is one class (first: "
            f"[{_place(plan, features[marks[0]])}]), mark the label of {percent(marked / len(rows))} of {len(rows):,} "
            "rows.",
            "If they are known only once the label is known, leave them out.",
        )


def _place(plan: Plan, feature: np.int64) -> str:
    return ", ".join(str(index) for index in np.unravel_index(int(feature), plan.data.shape))


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
