"""Losses of values, by the properties that do not need probabilities."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.func import vmap

from overproof.losses.regression import squared_distance, squared_error
from tests.losses.invariants import CHECKS, Loss, close, logits

OF_VALUES = {name: check for name, check in CHECKS.items() if name in (
    "zero_at_match", "non_negative", "class_permutation", "per_example", "finite_at_extremes", "at_least_float32",
    "teacher_detached", "gradient",
)}  # fmt: skip


@pytest.mark.parametrize("check", OF_VALUES.values(), ids=OF_VALUES)
def test_squared_distance_satisfies(check: Callable[[Loss], None]) -> None:
    check(squared_distance)


def test_they_are_mean_squares_over_the_outputs() -> None:
    student, other = logits(1), logits(2)
    wanted = torch.nn.functional.mse_loss(student, other, reduction="none").mean(-1)
    close(squared_error(student, other), wanted)
    for temperature in (0.5, 1.0, 20.0):  # which has no meaning here
        close(squared_distance(student, other, temperature), wanted)


def test_a_common_shift_of_student_and_target_changes_nothing() -> None:
    close(squared_error(logits(1) + 5, logits(2) + 5), squared_error(logits(1), logits(2)))
    close(squared_distance(logits(1) + 5, logits(2) + 5, 1.0), squared_distance(logits(1), logits(2), 1.0))


def test_they_map_over_members() -> None:
    student, other = torch.stack([logits(1), logits(2)]), torch.stack([logits(3), logits(4)])
    wanted = torch.stack([squared_error(student[m], other[m]) for m in range(2)])
    close(vmap(squared_error)(student, other), wanted)
    close(vmap(squared_distance)(student, other, torch.tensor([1.0, 2.0])), wanted)


def test_labels_may_be_of_another_precision() -> None:
    assert (
        squared_error(torch.zeros(2, 1, dtype=torch.bfloat16), torch.ones(2, 1, dtype=torch.float64)).dtype
        == torch.float32
    )
