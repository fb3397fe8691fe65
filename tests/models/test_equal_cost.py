from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from overproof.models.cost import PASSES_PER_STEP
from overproof.models.equal_cost import epochs_worth, operations

counts = st.integers(1, 10**6)


@given(st.integers(1, 500), counts, st.integers(1, 2), st.integers(0, 10**6), st.tuples(counts, counts))
def test_the_longer_training_is_the_shortest_that_costs_as_much(
    epochs: int, rows: int, batches: int, answers: int, per_row: tuple[int, int]
) -> None:
    teacher, student = per_row
    found = epochs_worth(epochs, rows=rows, batches=batches, answers=answers, teacher=teacher, student=student)
    an_epoch = PASSES_PER_STEP * student * rows
    cost = epochs * batches * an_epoch + answers * teacher
    assert (found - 1) * an_epoch < cost <= found * an_epoch


def test_a_teacher_that_answers_nothing_costs_nothing() -> None:
    assert epochs_worth(30, rows=64, batches=1, answers=0, teacher=10**9, student=1) == 30


class Refusing(nn.Module):
    """Cannot be run, but has a parameter."""

    def __init__(self, error: type[Exception] = NotImplementedError) -> None:
        super().__init__()
        self.weight, self.error = nn.Parameter(torch.zeros(5)), error

    def forward(self, rows: Tensor) -> Tensor:
        raise self.error


def test_both_are_counted_in_one_unit() -> None:
    small, row = nn.Linear(4, 2, bias=True), torch.zeros(1, 4)
    assert operations(small, nn.Linear(4, 3), row) == (8, 12)
    for error in (NotImplementedError, RuntimeError, TypeError, IndexError):
        assert operations(Refusing(error), small, row) == (5, 10)
    assert operations(small, Refusing(), row) == (10, 5)
    assert operations(nn.Identity(), small, row) == (1, 10)
