"""Labels that mean nothing: whoever does better than chance on them has seen what it should not have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof.data.dataset import limited
from overproof.sources.digits import load as digits

Compared = Callable[..., Any]
Rows = tuple[NDArray[Any], NDArray[np.int64]]

ROWS, CLASSES = 600, 4
#: Networks that can learn every label by heart, given to the last epoch.
LARGE = {"model": "mlp", "width": 64, "training": {"epochs": 30}}
BY_HEART: dict[str, Any] = {"folds": 5, "validation": 0.0}


def labelled_at_random(rows: int = ROWS) -> Rows:
    """Real images under labels drawn without looking at them, equally many of each class."""
    return limited(digits(), rows, seed=0).inputs, np.random.default_rng(0).permutation(np.arange(rows) % CLASSES)


def farthest(rows: int) -> float:
    """Four standard errors of the accuracy of guessing, over so many independent rows."""
    chance = 1 / CLASSES
    return 4 * math.sqrt(chance * (1 - chance) / rows)


@pytest.mark.parametrize(
    ("protocol", "settings"),
    [
        ({}, []),
        ({"validation": 0.2}, []),
        ({"student_rows": 0.4, "transfer": "train"}, []),
        ({}, ['views.augment=["crop"]', "views.count=3"]),
        ({}, ['views.augment=["mixup"]', "views.count=2"]),
        ({}, ["method.alpha=1.0"]),
    ],
    ids=["by heart", "best epoch", "transfer rows", "crops", "mixup", "soft targets only"],
)
def test_nobody_does_better_than_chance(compared: Compared, protocol: dict[str, Any], settings: list[str]) -> None:
    found = compared(
        *settings, data=labelled_at_random(), teacher=LARGE, student=LARGE, protocol={**BY_HEART, **protocol}
    )
    assert [arm.role for arm in found.result.arms] == ["teacher", "simple", "student"]
    for arm in found.result.arms:
        assert abs(arm.scores["accuracy"].mean - 1 / CLASSES) < farthest(ROWS), arm.name


def test_copies_of_a_row_with_its_label_do_not_help_those_who_learn_by_heart(compared: Compared) -> None:
    inputs, labels = labelled_at_random(ROWS // 2)
    found = compared(
        data=(np.concatenate([inputs, inputs]), np.concatenate([labels, labels])),
        teacher=LARGE,
        student=LARGE,
        protocol=BY_HEART,
    )
    for arm in found.result.arms:
        assert abs(arm.scores["accuracy"].mean - 1 / CLASSES) < farthest(ROWS // 2), arm.name


def test_a_teacher_that_has_seen_the_test_rows_gives_itself_away(compared: Compared) -> None:
    protocol = {**BY_HEART, "teacher_rows": "all"}
    found = compared(data=labelled_at_random(), teacher=LARGE, student=LARGE, protocol=protocol)
    assert found.result.leak == "leaking"
    assert found.arm("teacher").scores["accuracy"].mean > 1 / CLASSES + farthest(ROWS)
    assert abs(found.arm("simple").scores["accuracy"].mean - 1 / CLASSES) < farthest(ROWS)
