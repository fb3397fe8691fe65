from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from overproof.doctor.answers import ask
from overproof.doctor.class_order import class_order
from tests.doctor.patients import Best, checks, only, plan, rows


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (1, 2, 3, 0), (3, 2, 1, 0)])
def test_another_order_is_named(order: tuple[int, ...]) -> None:
    teacher = Best(order)
    study = plan(
        data={"inputs": rows()[0], "labels": rows()[1], "classes": ["ant", "bee", "cat", "dog"]}, teacher=teacher
    )
    finding = only(class_order(study, ask(study, teacher, np.arange(400))))
    assert finding.severity == "error"
    moved = next(label for label, place in enumerate(order) if place != label)
    names = study.data.classes
    assert f"it says {names[order.index(moved)]!r} where the label is {names[moved]!r}" in finding.evidence


@pytest.mark.parametrize("classes", [2, 3, 10, 50])
def test_no_order_explains_chance_and_weakness(classes: int) -> None:
    generator, study = np.random.default_rng(0), plan()
    template = ask(study, Best(), np.arange(400))
    labels = generator.integers(classes, size=400)
    object.__setattr__(study.data, "classes", tuple(str(each) for each in range(classes)))
    alarms = 0
    for weight in np.linspace(0, 3, 100):  # from chance to a good teacher
        logits = generator.standard_normal((400, classes)) + weight * np.eye(classes)[labels]
        alarms += len(checks(class_order(study, dataclasses.replace(template, labels=labels, logits=logits))))
    assert alarms <= 1
