"""Metrics of several labels against scikit-learn, and what happens to labels that say nothing."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn import metrics as sklearn_metrics

from overproof import metrics
from overproof.errors import DataError
from overproof.metrics import multilabel
from tests.metrics.samples import Floats, Ints


@st.composite
def several(draw: st.DrawFn) -> tuple[Floats, Ints]:
    """Any probabilities, ties included, and any labels."""
    rows, labels = draw(st.integers(1, 10)), draw(st.integers(1, 4))
    cells = st.lists(st.integers(0, 5), min_size=rows * labels, max_size=rows * labels)
    p = np.array(draw(cells)).reshape(rows, labels) / 5
    on = np.array(draw(st.lists(st.integers(0, 1), min_size=rows * labels, max_size=rows * labels)))
    return p, on.reshape(rows, labels)


@given(several())
def test_they_agree_with_scikit_learn(found: tuple[Floats, Ints]) -> None:
    p, on = found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of labels that no row has
        both = [label for label in range(on.shape[1]) if 0 < on[:, label].sum() < len(on)]
        if both:
            wanted = [sklearn_metrics.average_precision_score(on[:, label], p[:, label]) for label in both]
            assert multilabel.average_precision(p, on) == pytest.approx(np.mean(wanted), abs=1e-12)
            wanted = [sklearn_metrics.roc_auc_score(on[:, label], p[:, label]) for label in both]
            assert multilabel.roc_auc(p, on) == pytest.approx(np.mean(wanted), abs=1e-12)
        harmonic = [
            sklearn_metrics.f1_score(on[:, label], p[:, label] > 0.5, zero_division=0) for label in range(on.shape[1])
        ]
    assert multilabel.f1(p, on) == pytest.approx(np.mean(harmonic), abs=1e-12)
    assert multilabel.accuracy(p, on) == pytest.approx(1 - sklearn_metrics.hamming_loss(on, p > 0.5))
    by_label = [sklearn_metrics.log_loss(on[:, label], p[:, label], labels=[0, 1]) for label in range(on.shape[1])]
    assert multilabel.log_loss(p, on) == pytest.approx(np.mean(by_label), rel=1e-9)
    assert multilabel.brier(p, on) == pytest.approx(np.mean((p - on) ** 2))


def test_macro_averages_are_scikit_learns_where_every_label_occurs_both_ways() -> None:
    generator = np.random.default_rng(1)
    p = generator.random((300, 5)).round(2)
    on = (generator.random((300, 5)) < p).astype(int)
    assert multilabel.average_precision(p, on) == pytest.approx(sklearn_metrics.average_precision_score(on, p))
    assert multilabel.roc_auc(p, on) == pytest.approx(sklearn_metrics.roc_auc_score(on, p))
    assert multilabel.f1(p, on) == pytest.approx(sklearn_metrics.f1_score(on, p > 0.5, average="macro"))


def test_labels_that_all_rows_have_or_none_are_left_out_unless_all_are_so() -> None:
    p = [[0.9, 0.5, 0.5], [0.1, 0.4, 0.6]]
    assert multilabel.average_precision(p, [[1, 1, 0], [0, 1, 0]]) == 1.0
    assert multilabel.roc_auc(p, [[1, 1, 0], [0, 1, 0]]) == 1.0
    assert multilabel.average_precision(p, [[1, 1, 0], [1, 1, 0]]) == pytest.approx(2 / 3)
    assert multilabel.roc_auc(p, [[1, 1, 0], [1, 1, 0]]) == 0.5


@given(several())
def test_no_value_is_out_of_bounds(found: tuple[Floats, Ints]) -> None:
    for name, metric in multilabel.METRICS.items():
        assert 0 <= metric(*found) <= (36.05 if name == "log_loss" else 1) + 1e-12, name
    assert multilabel.agreement(found[0], found[0]) == 1
    assert multilabel.kl(found[0], found[0]) == pytest.approx(0, abs=1e-9)


@given(several())
def test_scores_of_rows_have_the_metric_as_their_mean(found: tuple[Floats, Ints]) -> None:
    for by_row, metric in (
        (multilabel.shares_right, multilabel.accuracy),
        (multilabel.log_losses, multilabel.log_loss),
        (multilabel.squared_distances, multilabel.brier),
    ):
        rows = by_row(*found)
        assert rows.shape == (len(found[0]),)
        assert rows.mean() == pytest.approx(metric(*found))


def test_likeness_is_that_of_two_classes_for_each_label() -> None:
    generator = np.random.default_rng(2)
    student, teacher = generator.random((40, 3)), generator.random((40, 3))
    pairs = [np.stack([1 - each, each], axis=-1).reshape(-1, 2) for each in (student, teacher)]
    assert multilabel.kl(student, teacher) == pytest.approx(entropy(pairs[1], pairs[0], axis=1).mean())
    assert multilabel.agreement(student, teacher) == pytest.approx(metrics.agreement(*pairs))
    assert multilabel.kl([[0.0]], [[1.0]]) == pytest.approx(36.04, abs=0.01)


@pytest.mark.parametrize("metric", list(multilabel.METRICS.values()))
@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        ([], [], r"expected \[rows, labels\]"),
        ([[0.5]], [[0], [1]], r"labels have shape \[2, 1\], expected \[1, 1\]"),
        ([[0.5]], [0], r"labels have shape \[1\], expected \[1, 1\]"),
        ([[0.5]], [[2]], "labels must be 0 or 1"),
        ([[0.5]], [[np.nan]], "labels must be 0 or 1"),
        ([[1.5]], [[1]], "in 0 … 1"),
        ([[np.nan]], [[1]], "must be finite"),
    ],
)
def test_what_is_not_a_prediction_is_refused(metric: Any, probabilities: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        metric(probabilities, labels)
