from __future__ import annotations

import numpy as np

from overproof.doctor.answers import ROWS, affordable, ask, built, macs, sample
from tests.doctor.patients import CLASSES, FEATURES, NOISE, Best, plan


def test_the_teacher_is_asked_about_the_rows_that_were_meant() -> None:
    study = plan()
    rows = sample(study, np.arange(100), 50)
    answers = ask(study, Best(), rows)
    assert len(np.unique(rows)) == 50
    assert 30 < rows.mean() < 70
    assert answers.right.mean() > 0.85
    assert np.array_equal(answers.right, answers.logits.argmax(1) == study.data.labels[rows])


def test_a_slow_teacher_is_asked_about_fewer_rows() -> None:
    study = plan()
    one = macs(study, Best())
    assert one == CLASSES * (FEATURES + NOISE)
    assert affordable(study, Best(), 10.5 * one) == 10
    assert affordable(study, Best(), 1e15) == ROWS


def test_what_is_built_is_the_teacher_that_was_brought_and_the_students_first_weights() -> None:
    study = plan()
    assert built(study, "teacher") is study.brought
    one, other = built(study, "student"), built(study, "student")
    assert one is not other
    assert one.state_dict().keys() == other.state_dict().keys() > {"body.weight", "front.centre"}
    assert all(tensor.equal(other.state_dict()[name]) for name, tensor in one.state_dict().items())
