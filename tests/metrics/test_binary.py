"""What two classes allow, against scikit-learn: ties, rows of one class, and certainty."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from overproof.errors import DataError
from overproof.metrics import accuracy, binary
from tests.metrics.samples import REFUSED, Floats, Ints


@st.composite
def two_classes(draw: st.DrawFn) -> tuple[Floats, Ints]:
    """Any probabilities of two classes, ties included, and any labels, of one class or both."""
    rows = draw(st.integers(1, 14))
    second = np.array(draw(st.lists(st.integers(0, 5), min_size=rows, max_size=rows))) / 5
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows)))
    return np.stack([1 - second, second], axis=1), labels


@given(two_classes())
def test_they_agree_with_scikit_learn(found: tuple[Floats, Ints]) -> None:
    p, y = found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where a class has no row
        precision = sklearn_metrics.average_precision_score(y, p[:, 1])
        harmonic = sklearn_metrics.f1_score(y, p.argmax(axis=1), zero_division=0)
    assert binary.average_precision(p, y) == pytest.approx(precision, abs=1e-12)
    assert binary.f1(p, y) == pytest.approx(harmonic, abs=1e-12)
    if len({*y.tolist()}) == 2:
        assert binary.roc_auc(p, y) == pytest.approx(sklearn_metrics.roc_auc_score(y, p[:, 1]), abs=1e-12)
    else:
        assert binary.roc_auc(p, y) == 0.5


def test_large_samples_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    second = generator.random(5000).round(3)
    p, y = np.stack([1 - second, second], axis=1), (generator.random(5000) < 0.3 * second + 0.05).astype(int)
    assert binary.roc_auc(p, y) == pytest.approx(sklearn_metrics.roc_auc_score(y, p[:, 1]), rel=1e-12)
    assert binary.average_precision(p, y) == pytest.approx(
        sklearn_metrics.average_precision_score(y, p[:, 1]), rel=1e-12
    )


def test_rows_of_one_class_have_the_value_of_chance_and_no_nan() -> None:
    p = [[0.2, 0.8], [0.6, 0.4]]
    assert [metric(p, [0, 0]) for metric in binary.METRICS.values()] == [0.5, 0.0, 0.0]
    assert [round(metric(p, [1, 1]), 3) for metric in binary.METRICS.values()] == [0.5, 1.0, 0.667]


@given(two_classes())
def test_other_names_for_the_classes_mirror_the_ranking(found: tuple[Floats, Ints]) -> None:
    p, y = found
    assert binary.roc_auc(p[:, ::-1], 1 - y) == pytest.approx(binary.roc_auc(p, y))


def test_a_tie_is_decided_as_accuracy_decides_it() -> None:
    assert accuracy([[0.5, 0.5]], [0]) == 1.0
    assert binary.f1([[0.5, 0.5]], [1]) == 0.0


@pytest.mark.parametrize("metric", list(binary.METRICS.values()))
@pytest.mark.parametrize(("probabilities", "labels", "message"), REFUSED)
def test_what_is_not_a_prediction_is_refused(metric: Any, probabilities: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        metric(probabilities, labels)


@pytest.mark.parametrize("metric", list(binary.METRICS.values()))
def test_three_classes_are_refused(metric: Any) -> None:
    with pytest.raises(DataError, match="of two classes"):
        metric([[0.2, 0.3, 0.5]], [1])
