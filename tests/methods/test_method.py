"""What every method in the catalogue keeps, found by looking into it."""

from __future__ import annotations

import dataclasses
import re

import pytest
import torch
from torch import Tensor

from overproof.methods.method import Method, Outputs, Term
from tests.losses.invariants import logits
from tests.methods.shipped import SHIPPED

every_method = pytest.mark.parametrize("kind", SHIPPED.values(), ids=SHIPPED)


def terms(method: Method, student: Tensor, teacher: Tensor) -> dict[str, Term]:
    return method.loss(Outputs(student), Outputs(teacher), torch.arange(12) % 7)


@every_method
def test_it_is_a_frozen_dataclass_of_keyword_settings(kind: type[Method]) -> None:
    method = kind()
    assert method.settings == {field.name: field.default for field in dataclasses.fields(kind)}
    assert all(field.kw_only for field in dataclasses.fields(kind))
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.alpha = 1  # type: ignore[attr-defined]


@every_method
def test_it_names_its_paper(kind: type[Method]) -> None:
    if kind.paper is not None:
        assert re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{5}", kind.paper)
        assert kind.paper.removeprefix("https://arxiv.org/abs/") in (kind.__doc__ or "")


@every_method
def test_its_terms_are_numbers_per_example_and_leave_the_teacher_alone(kind: type[Method]) -> None:
    student, teacher = logits(1).requires_grad_(), logits(2).requires_grad_()
    found = terms(kind(), student, teacher)
    assert found.keys() <= {"hard", "soft"}
    assert all(term.value.shape == (12,) for term in found.values())
    torch.autograd.backward(sum((term.weight * term.value.mean() for term in found.values()), torch.zeros(())))
    assert student.grad is not None
    assert teacher.grad is None


@every_method
def test_its_facts_are_true(kind: type[Method]) -> None:
    assert ("soft" in terms(kind(), logits(1), logits(2))) == kind.needs_teacher
    if kind.needs_teacher:
        soft = terms(kind(), logits(1), logits(1))["soft"].value
        assert bool((soft.abs() < 1e-12).all()) == kind.zero_at_match
