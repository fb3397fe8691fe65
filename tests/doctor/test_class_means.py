from __future__ import annotations

import numpy as np
import pytest

from overproof.doctor.class_means import by_class_means, keeps_up
from tests.doctor.patients import rows


@pytest.mark.parametrize("scale", [1, 1e-3, 1e4])
def test_clouds_are_told_by_their_means_on_any_scale(scale: float) -> None:
    inputs, labels = rows()
    inputs[:, 0] *= scale
    inputs[:, 1] = 7  # which tells nothing, and has no deviation
    known = np.arange(len(labels)) % 8 < 4
    assert (by_class_means(inputs, labels, known) == labels[~known]).mean() > 0.8


def test_a_class_that_is_not_known_is_not_said() -> None:
    inputs, labels = rows()
    known = (labels != 2) & (np.arange(len(labels)) < 240)
    assert 2 not in by_class_means(inputs, labels, known)


def test_good_answers_keep_up_and_others_do_not() -> None:
    labels, generator = np.arange(400) % 4, np.random.default_rng(0)
    for wrong, keeps in ((0.0, True), (0.2, True), (0.6, False), (1.0, False)):
        said = np.where(generator.random(400) < wrong, generator.integers(4, size=400), labels)
        assert keeps_up(said, labels, labels) == keeps
        assert keeps_up(said, labels, np.zeros_like(labels)) == (wrong < 1)
