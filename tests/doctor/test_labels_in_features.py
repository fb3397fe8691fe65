from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from overproof.doctor.labels_in_features import labels_in_features
from tests.doctor.patients import checks, only, plan, rows


@pytest.mark.parametrize("leak", ["the label", "another name for it", "within an interval"])
def test_a_feature_that_tells_the_label_is_named(leak: str) -> None:
    inputs, labels = rows()
    noise = np.random.default_rng(0).random(len(labels))
    inputs[:, 5] = {"the label": labels, "another name for it": np.array([7, -2, 30, 4])[labels]}.get(
        leak, labels + 0.9 * noise
    )
    finding = only(labels_in_features(plan(data=(inputs, labels))))
    assert finding.severity == "warning"
    assert finding.evidence.startswith("Feature [5] alone tells the label of ")


def test_a_pixel_is_named_by_its_place() -> None:
    generator = np.random.default_rng(0)
    images, labels = generator.random((300, 1, 5, 5)).astype(np.float32), np.arange(300) % 2
    images[:, 0, 4, 3] = labels
    found = labels_in_features(plan(data=(images, labels), teacher="mlp", student="mlp"))
    assert "Feature [0, 4, 3]" in only(found).evidence


def test_labels_as_one_hot_features_are_named() -> None:
    inputs, labels = rows()
    inputs[:, 3:7] = np.eye(4)[labels]
    finding = only(labels_in_features(plan(data=(inputs, labels))))
    assert finding.evidence.startswith("4 features, each largest where the label is one class (first: [3]), mark")


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_honest_data_pass(load: object) -> None:
    data = load()  # type: ignore[operator]
    assert not checks(labels_in_features(plan(data=(data.data, data.target), teacher="mlp", student="mlp")))


def test_rows_without_a_telling_feature_pass() -> None:
    for seed in range(10):
        assert not checks(labels_in_features(plan(data=rows(seed=seed))))


def test_a_rare_class_makes_no_feature_suspicious() -> None:
    inputs, _ = rows()
    data = inputs, np.arange(len(inputs)) % 40 == 0
    assert not checks(labels_in_features(plan(data=data, teacher="mlp", student="mlp")))
