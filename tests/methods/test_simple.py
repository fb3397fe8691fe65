from __future__ import annotations

import torch

from overproof.losses.response import cross_entropy
from overproof.methods.method import Outputs
from overproof.methods.simple import Simple
from tests.losses.invariants import logits


def test_simple_is_cross_entropy_and_never_looks_at_a_teacher() -> None:
    student, labels = logits(1), torch.arange(12) % 7
    for teacher in (None, Outputs(torch.full((12, 7), torch.nan))):
        terms = Simple().loss(Outputs(student), teacher, labels)
        assert list(terms) == ["hard"]
        assert terms["hard"].weight == 1.0
        assert torch.equal(terms["hard"].value, cross_entropy(student, labels))
    assert not Simple.needs_teacher


def test_rows_without_labels_teach_it_nothing() -> None:
    assert Simple().loss(Outputs(logits(1)), Outputs(logits(2)), None) == {}


def test_it_has_no_settings() -> None:
    assert Simple().settings == {}
    assert str(Simple()) == "simple()"
