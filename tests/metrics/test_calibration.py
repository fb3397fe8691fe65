"""Calibration errors and reliability bins against scikit-learn, reference values, and edges worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from sklearn.calibration import calibration_curve

from overproof import metrics
from tests.metrics.samples import Floats, Ints, predictions, reference, sample, softmax


def confidence_and_hits(found: tuple[Floats, Ints]) -> tuple[Floats, Floats]:
    p, y = found
    return p.max(axis=1), (p.argmax(axis=1) == y).astype(np.float64)


def test_ece_agrees_with_the_reference_values(shared_data: Path) -> None:
    for entry in reference(shared_data, "classification_metrics"):
        p, y, expected = (
            softmax(entry["inputs"]["logits"].astype(np.float64)),
            entry["inputs"]["labels"],
            entry["expected"],
        )
        assert metrics.ece(p, y) == pytest.approx(expected["ece_hand_right_closed_15"], rel=1e-12)
        assert metrics.ece(p, y) == pytest.approx(
            expected["ece_torchmetrics_l1_15bins"], abs=1e-6
        )  # computed in float32


def test_edges_agree_with_the_reference_values(shared_data: Path) -> None:
    [entry] = reference(shared_data, "classification_metrics_edges")
    p, y = entry["inputs"]["probabilities"], entry["inputs"]["labels"]
    # the reference bins close on the left; 0.6 sits on an edge but has its bin alone either way
    assert metrics.ece(p, y) == pytest.approx(entry["expected"]["ece_torchmetrics_l1_15bins"], abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_reliability_agrees_with_scikit_learn(seed: int) -> None:
    p, y = sample(400, 4, seed)
    confidence, hits = confidence_and_hits((p, y))
    accuracy, mean = calibration_curve(hits, confidence, n_bins=metrics.ECE_BINS, strategy="uniform")
    bins = metrics.reliability(p, y)
    assert [each.accuracy for each in bins] == pytest.approx(accuracy.tolist())
    assert [each.confidence for each in bins] == pytest.approx(mean.tolist())


@pytest.mark.parametrize("rows", [15, 300, 1500])
def test_equal_mass_agrees_with_quantiles_of_scikit_learn(rows: int) -> None:
    p, y = sample(rows, 4, seed=rows)  # a multiple of 15 rows without ties: quantiles cut between the same rows
    confidence, hits = confidence_and_hits((p, y))
    accuracy, mean = calibration_curve(hits, confidence, n_bins=metrics.ECE_BINS, strategy="quantile")
    assert metrics.ece_equal_mass(p, y) == pytest.approx(np.abs(accuracy - mean).mean(), rel=1e-9)


def test_fewer_rows_than_bins_stand_alone() -> None:
    # 0.99 is wrong and 0.95 right: two bins of equal mass, one of equal width where the errors cancel
    p, y = [[0.99, 0.01], [0.95, 0.05]], [1, 0]
    assert metrics.ece_equal_mass(p, y) == pytest.approx((0.99 + 0.05) / 2)
    assert metrics.ece(p, y) == pytest.approx((0.99 - 0.05) / 2)


def test_equal_confidences_share_a_bin() -> None:
    # twenty rows at 0.8, sixteen of them right: calibrated, however the rows are ordered
    p = [[0.8, 0.2]] * 20
    assert metrics.ece_equal_mass(p, [0] * 16 + [1] * 4) == pytest.approx(0, abs=1e-12)


def test_bins_close_on_the_right() -> None:
    # 0.6 = 9/15 shares the bin of 0.55, not that of 0.65: |1 − 0.6 + 0 − 0.55| + |1 − 0.65| over three rows
    p, y = [[0.6, 0.4], [0.55, 0.45], [0.65, 0.35]], [0, 1, 0]
    assert metrics.ece(p, y) == pytest.approx((0.15 + 0.35) / 3)
    lower, upper = metrics.reliability(p, y)
    assert lower == pytest.approx((8 / 15, 9 / 15, 2, 0.575, 0.5))
    assert upper == pytest.approx((9 / 15, 10 / 15, 1, 0.65, 1.0))


def test_confidence_of_one_counts_in_the_last_bin() -> None:
    # |(1 − 1) + (0 − 0.95)| over two rows, also when rounding puts the sum of float32 probabilities above 1
    for certain in (1.0, 1.0 + 1e-7):
        assert metrics.ece([[certain, 0.0], [0.95, 0.05]], [0, 1]) == pytest.approx(0.475, abs=1e-6)
        [last] = metrics.reliability([[certain, 0.0], [0.95, 0.05]], [0, 1])
        assert (last.high, last.rows) == (1.0, 2)


@given(predictions())
def test_calibration_error_bounds_the_gap_between_confidence_and_accuracy(found: tuple[Floats, Ints]) -> None:
    gap = abs(metrics.accuracy(*found) - found[0].max(axis=1).mean())
    assert metrics.ece(*found) >= gap - 1e-12
    assert metrics.ece_equal_mass(*found) >= gap - 1e-12


@given(predictions())
def test_reliability_holds_every_row_and_gives_the_calibration_error(found: tuple[Floats, Ints]) -> None:
    bins, rows = metrics.reliability(*found), len(found[1])
    assert sum(each.rows for each in bins) == rows
    assert all(each.low - 1e-12 <= each.confidence <= each.high + 1e-12 for each in bins)
    error = sum(each.rows * abs(each.accuracy - each.confidence) for each in bins) / rows
    assert error == pytest.approx(metrics.ece(*found), abs=1e-12)
