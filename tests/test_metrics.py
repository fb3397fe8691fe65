"""Metrics against scikit-learn, reference values, edges worked out by hand, and what must hold for any predictions."""

from __future__ import annotations

import json
import typing
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from overproof import metrics, results, study
from overproof.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BOUNDS = {"accuracy": 1.0, "balanced_accuracy": 1.0, "log_loss": 36.05, "brier": 2.0, "ece": 1.0}


def sample(rows: int, classes: int, seed: int) -> tuple[Floats, Ints]:
    generator = np.random.default_rng(seed)
    logits = 2 * generator.standard_normal((rows, classes))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    guess = generator.integers(0, classes, rows)
    return probabilities, np.where(generator.random(rows) < 0.5, probabilities.argmax(axis=1), guess)


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Floats, Ints]:
    """Any probabilities, zeros and ties included, and any labels."""
    rows, classes = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    weights = draw(
        st.lists(st.lists(st.integers(0, 4), min_size=classes, max_size=classes), min_size=rows, max_size=rows)
    )
    table = np.asarray(weights, dtype=np.float64)
    table[table.sum(axis=1) == 0] = 1
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    return table / table.sum(axis=1, keepdims=True), np.asarray(labels)


def reference(shared_data: Path, kind: str) -> list[dict[str, Any]]:
    file = shared_data.parent / "reference" / "reference_values.json"
    if not file.is_file():
        pytest.skip(f"no reference values at {file}, beside the folder of real data")
    content = json.loads(file.read_text())
    with np.load(file.parent / content["arrays_file"]) as arrays:
        stored = {
            name: arrays[about["array"]] for name, about in content["inputs"].items() if name.startswith("metrics")
        }
    entries = [entry for entry in content["statistics"] if entry["kind"] == kind]
    assert entries
    for entry in entries:
        named = entry["inputs"].items()
        entry["inputs"] = {role: stored[value] if isinstance(value, str) else value for role, value in named}
    return entries


def test_the_catalogue_holds_what_a_study_may_ask_for() -> None:
    assert list(metrics.METRICS) == list(typing.get_args(study.Metric))
    assert set(results.DIRECTION) == {*metrics.METRICS, "agreement"}


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


def test_agrees_with_the_reference_values(shared_data: Path) -> None:
    for entry in reference(shared_data, "classification_metrics"):
        logits = entry["inputs"]["logits"].astype(np.float64)
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        y, expected = entry["inputs"]["labels"], entry["expected"]
        assert metrics.accuracy(p, y) == pytest.approx(expected["accuracy_sklearn"], rel=1e-12)
        assert metrics.balanced_accuracy(p, y) == pytest.approx(expected["balanced_accuracy_sklearn"], rel=1e-12)
        assert metrics.log_loss(p, y) == pytest.approx(expected["log_loss_sklearn"], rel=1e-12)
        assert metrics.brier(p, y) == pytest.approx(expected["brier_hand_sum_over_classes"], rel=1e-12)
        assert metrics.ece(p, y) == pytest.approx(expected["ece_hand_right_closed_15"], rel=1e-12)
        assert metrics.ece(p, y) == pytest.approx(
            expected["ece_torchmetrics_l1_15bins"], abs=1e-6
        )  # computed in float32


def test_certain_mistakes_and_ties_agree_with_the_reference_values(shared_data: Path) -> None:
    [entry] = reference(shared_data, "classification_metrics_edges")
    p, y = entry["inputs"]["probabilities"], entry["inputs"]["labels"]
    assert metrics.accuracy(p, y) == entry["expected"]["accuracy_sklearn"]
    assert metrics.log_loss(p, y) == pytest.approx(entry["expected"]["log_loss_sklearn"], rel=1e-12)
    # the reference bins close on the left; 0.6 sits on an edge but has its bin alone either way
    assert metrics.ece(p, y) == pytest.approx(entry["expected"]["ece_torchmetrics_l1_15bins"], abs=1e-6)


def test_bins_close_on_the_right() -> None:
    # 0.6 = 9/15 shares the bin of 0.55, not that of 0.65: |1 − 0.6 + 0 − 0.55| + |1 − 0.65| over three rows
    assert metrics.ece([[0.6, 0.4], [0.55, 0.45], [0.65, 0.35]], [0, 1, 0]) == pytest.approx((0.15 + 0.35) / 3)


def test_confidence_of_one_counts_in_the_last_bin() -> None:
    # |(1 − 1) + (0 − 0.95)| over two rows, also when rounding puts the sum of float32 probabilities above 1
    for certain in (1.0, 1.0 + 1e-7):
        assert metrics.ece([[certain, 0.0], [0.95, 0.05]], [0, 1]) == pytest.approx(0.475, abs=1e-6)


def test_the_first_of_equal_classes_is_predicted() -> None:
    assert metrics.accuracy([[0.5, 0.5], [0.5, 0.5]], [0, 1]) == 0.5
    assert metrics.agreement([[0.5, 0.5, 0.0]], [[0.4, 0.3, 0.3]]) == 1.0


def test_a_class_without_rows_does_not_count_against_the_model() -> None:
    p = [[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]  # class 1 has no row, and row 2 is predicted as class 2
    assert metrics.balanced_accuracy(p, [0, 0, 2]) == 1.0
    assert metrics.balanced_accuracy(p, [0, 2, 2]) == 0.75


def test_agreement_counts_rows_with_the_same_answer() -> None:
    student, _ = sample(200, 5, seed=1)
    teacher, _ = sample(200, 5, seed=2)
    assert metrics.agreement(student, student) == 1.0
    assert metrics.agreement(student, teacher) == np.mean(student.argmax(axis=1) == teacher.argmax(axis=1))


@given(predictions(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(found: tuple[Floats, Ints], random: Any) -> None:
    p, y = found
    order = list(range(len(y)))
    random.shuffle(order)
    for name, metric in metrics.METRICS.items():
        assert metric(p[order], y[order]) == pytest.approx(metric(p, y), rel=1e-9, abs=1e-12), name


@given(predictions())
def test_every_metric_stays_within_its_bounds(found: tuple[Floats, Ints]) -> None:
    for name, metric in metrics.METRICS.items():
        assert 0 <= metric(*found) <= BOUNDS[name] + 1e-12, name


@given(predictions())
def test_certainty_about_every_label_is_the_best_score(found: tuple[Floats, Ints]) -> None:
    p, y = np.eye(found[0].shape[1])[found[1]], found[1]
    best = {name: metric(p, y) for name, metric in metrics.METRICS.items()}
    assert best == pytest.approx(
        {"accuracy": 1, "balanced_accuracy": 1, "log_loss": 0, "brier": 0, "ece": 0}, abs=1e-12
    )


@given(predictions())
def test_calibration_error_bounds_the_gap_between_confidence_and_accuracy(found: tuple[Floats, Ints]) -> None:
    gap = abs(metrics.accuracy(*found) - found[0].max(axis=1).mean())
    assert metrics.ece(*found) >= gap - 1e-12


@pytest.mark.parametrize("metric", list(metrics.METRICS.values()))
@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        ([], [], r"shape \[0\], expected \[rows, classes\]"),
        (np.empty((0, 3)), [], r"shape \[0, 3\], expected \[rows, classes\]"),
        ([0.5, 0.5], [0, 1], r"shape \[2\]"),
        ([[0.5, 0.5]], [0, 1], r"labels have shape \[2\], expected \[1\]"),
        ([[0.5, 0.5]], [2], r"labels lie in 2 … 2, expected 0 … 1"),
        ([[0.5, 0.5]], [-1], r"labels lie in -1 … -1"),
        ([[0.5, 0.5]], [1.0], r"labels are float64"),
        ([[np.nan, 0.5]], [0], r"must be finite"),
        ([[1.5, -0.5]], [0], r"not negative"),
        ([[3.0, 2.0]], [0], r"add up to 1 in every row, got values in 2 … 3 and sums in 5 … 5"),
    ],
)
def test_what_is_not_a_prediction_is_refused(metric: Any, probabilities: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        metric(probabilities, labels)


def test_agreement_refuses_other_rows_or_classes() -> None:
    with pytest.raises(DataError, match=r"shape \[1, 2\] and the teacher's \[1, 3\]"):
        metrics.agreement([[0.5, 0.5]], [[0.2, 0.3, 0.5]])


def test_float32_predictions_are_accepted_as_they_come() -> None:
    p, y = sample(50, 4, seed=3)
    assert metrics.log_loss(p.astype(np.float32), y.astype(np.int8)) == pytest.approx(metrics.log_loss(p, y), rel=1e-6)
