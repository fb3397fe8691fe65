from __future__ import annotations

import numpy as np

from overproof.doctor.repeated_rows import repeated_rows
from tests.doctor.patients import checks, only, plan, rows


def test_rows_with_two_labels_are_counted() -> None:
    inputs, labels = rows()
    inputs, labels = np.concatenate([inputs, inputs[:20]]), np.concatenate([labels, (labels[:20] + 1) % 4])
    finding = only(repeated_rows(plan(data=(inputs, labels))))
    assert finding.severity == "warning"
    assert finding.evidence.startswith("20 of 500 rows (4.0 %) repeat another row exactly but have another label")


def test_exact_repeats_with_the_same_label_pass() -> None:
    inputs, labels = rows()
    assert not checks(repeated_rows(plan(data=(np.tile(inputs, (2, 1)), np.tile(labels, 2)))))


def test_near_repeats_across_a_border_are_named() -> None:
    inputs, labels = rows()
    again = inputs + 1e-4 * np.random.default_rng(0).standard_normal(inputs.shape).astype(np.float32)
    copies = slice(0, 160)
    data = np.concatenate([inputs, again[copies]]), np.concatenate([labels, labels[copies]])
    assert "test rows all but repeat a training row" in only(repeated_rows(plan(data=data))).evidence


def test_independent_rows_pass() -> None:
    for seed in range(10):
        assert not checks(repeated_rows(plan(data=rows(seed=seed))))


def test_counts_and_categories_pass() -> None:
    generator = np.random.default_rng(0)
    few = generator.integers(0, 3, (400, 12)).astype(np.float32)
    assert not checks(repeated_rows(plan(data=(few, np.arange(400) % 4))))
