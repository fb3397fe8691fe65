"""Hits and proper scores against scikit-learn, reference values, and edges worked out by hand."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from sklearn import metrics as sklearn_metrics

from overproof import metrics
from tests.metrics.samples import Floats, Ints, predictions, reference, sample, softmax


@pytest.mark.parametrize(("rows", "classes"), [(7, 3), (200, 5), (60, 2), (1, 4), (500, 30)])
def test_agrees_with_scikit_learn(rows: int, classes: int) -> None:
    p, y = sample(rows, classes, seed=rows)
    every_class = list(range(classes))
    assert metrics.accuracy(p, y) == pytest.approx(sklearn_metrics.accuracy_score(y, p.argmax(axis=1)), rel=1e-12)
    assert metrics.log_loss(p, y) == pytest.approx(sklearn_metrics.log_loss(y, p, labels=every_class), rel=1e-12)
    expected = sklearn_metrics.brier_score_loss(
        y, p if classes > 2 else p[:, 1], labels=every_class, pos_label=1 if classes == 2 else None, scale_by_half=False
    )
    assert metrics.brier(p, y) == pytest.approx(expected, rel=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # scikit-learn warns of predicted classes that have no row; the value is the same
        balanced = sklearn_metrics.balanced_accuracy_score(y, p.argmax(axis=1))
    assert metrics.balanced_accuracy(p, y) == pytest.approx(balanced, rel=1e-12)
    by_class = sklearn_metrics.recall_score(y, p.argmax(axis=1), labels=every_class, average=None, zero_division=np.nan)
    np.testing.assert_allclose(metrics.recall(p, y), by_class, rtol=1e-12)


def test_agrees_with_the_reference_values(shared_data: Path) -> None:
    for entry in reference(shared_data, "classification_metrics"):
        p, y, expected = (
            softmax(entry["inputs"]["logits"].astype(np.float64)),
            entry["inputs"]["labels"],
            entry["expected"],
        )
        assert metrics.accuracy(p, y) == pytest.approx(expected["accuracy_sklearn"], rel=1e-12)
        assert metrics.balanced_accuracy(p, y) == pytest.approx(expected["balanced_accuracy_sklearn"], rel=1e-12)
        assert metrics.log_loss(p, y) == pytest.approx(expected["log_loss_sklearn"], rel=1e-12)
        assert metrics.brier(p, y) == pytest.approx(expected["brier_hand_sum_over_classes"], rel=1e-12)


def test_certain_mistakes_agree_with_the_reference_values(shared_data: Path) -> None:
    [entry] = reference(shared_data, "classification_metrics_edges")
    p, y = entry["inputs"]["probabilities"], entry["inputs"]["labels"]
    assert metrics.accuracy(p, y) == entry["expected"]["accuracy_sklearn"]
    assert metrics.log_loss(p, y) == pytest.approx(entry["expected"]["log_loss_sklearn"], rel=1e-12)


def test_the_first_of_equal_classes_is_predicted() -> None:
    assert metrics.accuracy([[0.5, 0.5], [0.5, 0.5]], [0, 1]) == 0.5


def test_a_class_without_rows_does_not_count_against_the_model() -> None:
    p = [[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]  # class 1 has no row, and row 2 is predicted as class 2
    assert metrics.balanced_accuracy(p, [0, 0, 2]) == 1.0
    assert metrics.balanced_accuracy(p, [0, 2, 2]) == 0.75
    np.testing.assert_array_equal(metrics.recall(p, [0, 2, 2]), [1.0, np.nan, 0.5])


@given(predictions())
def test_recall_weighted_by_rows_is_accuracy(found: tuple[Floats, Ints]) -> None:
    rows = np.bincount(found[1], minlength=found[0].shape[1])
    right = np.nansum(metrics.recall(*found) * rows)
    assert right / rows.sum() == pytest.approx(metrics.accuracy(*found))


def test_float32_predictions_are_accepted_as_they_come() -> None:
    p, y = sample(50, 4, seed=3)
    assert metrics.log_loss(p.astype(np.float32), y.astype(np.int8)) == pytest.approx(metrics.log_loss(p, y), rel=1e-6)
