from __future__ import annotations

import torch

from overproof.losses.response import cross_entropy, smoothed_cross_entropy
from overproof.methods.label_smoothing import LabelSmoothing
from overproof.methods.method import Outputs
from tests.losses.invariants import logits


def test_it_is_smoothed_cross_entropy_and_never_looks_at_a_teacher() -> None:
    student, labels = logits(1), torch.arange(12) % 7
    for teacher in (None, Outputs(torch.full((12, 7), torch.nan))):
        terms = LabelSmoothing(smoothing=0.3).loss(Outputs(student), teacher, labels)
        assert list(terms) == ["hard"]
        assert terms["hard"].weight == 1.0
        assert torch.equal(terms["hard"].value, smoothed_cross_entropy(student, labels, 0.3))
    assert not LabelSmoothing.needs_teacher


def test_without_smoothing_it_is_simple_to_the_bit() -> None:
    labels = torch.arange(12) % 7
    for seed in range(20):
        for dtype in (torch.float32, torch.float64):
            one, other = (logits(seed).to(dtype).requires_grad_() for _ in range(2))
            smoothed = LabelSmoothing(smoothing=0.0).loss(Outputs(one), None, labels)["hard"].value
            plain = cross_entropy(other, labels)
            assert torch.equal(smoothed, plain)
            assert torch.equal(
                *(torch.autograd.grad(loss.mean(), to)[0] for loss, to in ((smoothed, one), (plain, other)))
            )


def test_rows_without_labels_teach_it_nothing() -> None:
    assert LabelSmoothing().loss(Outputs(logits(1)), Outputs(logits(2)), None) == {}


def test_it_reads_like_its_settings() -> None:
    assert str(LabelSmoothing()) == "label-smoothing(smoothing=0.1)"
