from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from overproof.losses.response import cross_entropy, soft_kl
from overproof.methods.kd import KD
from overproof.methods.method import Method, Outputs
from overproof.methods.simple import Simple
from tests.losses.invariants import logits


def total(method: Method, student: Tensor, teacher: Tensor | None, labels: Tensor | None) -> Tensor:
    """What the training loop minimises: the sum of weight · mean(value) over the terms."""
    terms = method.loss(Outputs(student), None if teacher is None else Outputs(teacher), labels)
    return torch.stack([term.weight * term.value.mean() for term in terms.values()]).sum()


def test_alpha_weighs_the_soft_loss() -> None:
    student, teacher, labels = logits(1), logits(2), torch.arange(12) % 7
    terms = KD(alpha=0.3, temperature=2.0).loss(Outputs(student), Outputs(teacher), labels)
    assert list(terms) == ["hard", "soft"]
    assert (terms["hard"].weight, terms["soft"].weight) == (0.7, 0.3)
    assert torch.equal(terms["hard"].value, cross_entropy(student, labels))
    assert torch.equal(terms["soft"].value, soft_kl(student, teacher, 2.0))


def test_rows_without_labels_have_the_soft_loss_alone() -> None:
    terms = KD(alpha=0.3).loss(Outputs(logits(1)), Outputs(logits(2)), None)
    assert list(terms) == ["soft"]
    assert terms["soft"].weight == 0.3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_alpha_zero_is_simple_to_the_bit(dtype: torch.dtype) -> None:
    labels = torch.arange(12) % 7
    for seed in range(20):
        one, other = (logits(seed).to(dtype).requires_grad_() for _ in range(2))
        kd, simple = total(KD(alpha=0.0), one, logits(seed + 1).to(dtype), labels), total(Simple(), other, None, labels)
        assert torch.equal(kd, simple)
        assert torch.equal(torch.autograd.grad(kd, one)[0], torch.autograd.grad(simple, other)[0])


def trained(method: Method, start: nn.Module, steps: int = 50) -> nn.Module:
    """A copy of ``start`` after some steps on a small problem."""
    student = copy.deepcopy(start)
    optimiser = torch.optim.AdamW(student.parameters(), lr=0.01)
    rows, teacher = logits(1, classes=8).float(), logits(2, classes=3).float()
    for _ in range(steps):
        optimiser.zero_grad()
        torch.autograd.backward(total(method, student(rows), teacher, teacher.argmin(-1)))
        optimiser.step()
    return student


def test_a_student_trained_with_alpha_zero_is_its_simple_twin() -> None:
    torch.manual_seed(0)
    start = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    kd, simple, half = (trained(method, start).state_dict() for method in (KD(alpha=0.0), Simple(), KD(alpha=0.5)))
    assert all(torch.equal(kd[name], simple[name]) for name in simple)
    assert not all(torch.equal(half[name], simple[name]) for name in simple)


def test_training_brings_the_student_to_its_teacher() -> None:
    torch.manual_seed(0)
    start = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    rows, teacher = logits(1, classes=8).float(), logits(2, classes=3).float()

    def agreement(student: nn.Module) -> int:
        return int((student(rows).argmax(-1) == teacher.argmax(-1)).sum())

    # the labels say the opposite of the teacher
    assert agreement(trained(KD(alpha=1.0), start)) == 12
    assert agreement(trained(Simple(), start)) == 0


def test_it_reads_like_its_settings() -> None:
    assert str(KD()) == "kd(alpha=0.9, temperature=4)"
    assert KD(alpha=0.5).settings == {"alpha": 0.5, "temperature": 4.0}
