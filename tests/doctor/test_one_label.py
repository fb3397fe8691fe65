from __future__ import annotations

import numpy as np

from overproof.doctor.one_label import one_label
from tests.doctor.patients import TASKS, checks, only, plan, plan_of, rows


def test_classes_written_as_labels_are_named() -> None:
    inputs, classes = rows()
    finding = only(one_label(plan_of("multilabel", data={"inputs": inputs, "labels": np.eye(4)[classes]})))
    assert finding.severity == "warning"
    assert finding.evidence.startswith("Each of 480 rows has exactly one of the 4 labels")


def test_labels_of_which_a_row_may_have_any_number_pass() -> None:
    for task in TASKS:
        assert not checks(one_label(plan_of(task)))
    assert not checks(one_label(plan()))


def test_yes_and_no_are_two_labels() -> None:
    inputs, classes = rows()
    labels = np.eye(2)[classes % 2]
    assert not checks(one_label(plan_of("multilabel", data={"inputs": inputs, "labels": labels, "task": "multilabel"})))
