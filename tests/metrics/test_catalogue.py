"""What holds for every metric a study may ask for, for any predictions."""

from __future__ import annotations

import subprocess
import sys
import typing
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof import metrics, results, study
from overproof.errors import DataError
from overproof.metrics import binary, multilabel, regression
from tests.metrics.samples import REFUSED, Floats, Ints, predictions

BOUNDS = {"accuracy": 1.0, "balanced_accuracy": 1.0, "log_loss": 36.05, "brier": 2.0, "ece": 1.0, "ece_equal_mass": 1.0}


def test_the_catalogues_hold_what_a_study_may_ask_for() -> None:
    asked = [*metrics.METRICS, *binary.METRICS, *regression.METRICS]
    assert asked == list(typing.get_args(study.Metric))
    assert multilabel.METRICS.keys() <= {*asked}
    assert set(results.DIRECTION) == {*asked, "agreement", "kl", "mistakes_inherited", "teacher_rmse"}


def test_metrics_load_nothing_slow() -> None:
    code = (
        "import sys, overproof.metrics.binary, overproof.metrics.multilabel, overproof.metrics.regression; "
        "print(*sys.modules)"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "sklearn", "pydantic", "scipy.optimize", "scipy.stats"} & set(listed)


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
    assert best == pytest.approx({name: 1 if "accuracy" in name else 0 for name in metrics.METRICS}, abs=1e-12)


@pytest.mark.parametrize("metric", list(metrics.METRICS.values()))
@pytest.mark.parametrize(("probabilities", "labels", "message"), REFUSED)
def test_what_is_not_a_prediction_is_refused(metric: Any, probabilities: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        metric(probabilities, labels)
