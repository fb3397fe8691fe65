"""Losses of several labels: two classes each, by every property that soft losses have, and against slow versions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import vmap

from overproof.losses.multilabel import binary_cross_entropy, smoothed_binary_cross_entropy, soft_bernoulli
from overproof.losses.response import cross_entropy, smoothed_cross_entropy, soft_kl
from tests.losses import invariants
from tests.losses.invariants import CHECKS, Loss, close, logits
from tests.reference import multilabel as reference

#: Those that hold for logits of which each is a question of its own: no shift, no class that nobody takes.
OF_LABELS = {name: check for name, check in CHECKS.items() if name not in (
    "shift_invariance", "impossible_class", "slow_version", "stable_in_temperature", "teacher_first",
)}  # fmt: skip


def labels(seed: int, rows: int = 12, count: int = 7) -> Tensor:
    return torch.randint(0, 2, (rows, count), generator=torch.Generator().manual_seed(seed)).float()


def as_two_classes(outputs: Tensor) -> Tensor:
    """Logits of two classes for each label: [..., labels] to [..., labels, 2]."""
    return torch.stack([torch.zeros_like(outputs), outputs], -1)


@pytest.mark.parametrize("check", OF_LABELS.values(), ids=OF_LABELS)
def test_soft_bernoulli_satisfies(check: Callable[[Loss], None]) -> None:
    check(soft_bernoulli)


def test_labels_are_two_classes_with_logits_0_and_z() -> None:
    for student, teacher in invariants.pairs():
        for temperature in invariants.TEMPERATURES:
            wanted = soft_kl(as_two_classes(student), as_two_classes(teacher), temperature).mean(-1)
            close(soft_bernoulli(student, teacher, temperature), wanted)
    student, on = logits(1), labels(2)
    close(binary_cross_entropy(student, on), cross_entropy(as_two_classes(student), on.long()).mean(-1))
    smoothed = smoothed_cross_entropy(as_two_classes(student), on.long(), 0.3).mean(-1)
    close(smoothed_binary_cross_entropy(student, on, 0.3), smoothed)


def test_two_class_logits_and_their_difference_are_one_thing() -> None:
    """What ``binary`` means: one number z, the logits [0, z], and the logits [a, a + z] are the same."""
    student, teacher = logits(1, classes=2), logits(2, classes=2)
    one, other = (each[:, 1:] - each[:, :1] for each in (student, teacher))
    for temperature in invariants.TEMPERATURES:
        close(soft_kl(student, teacher, temperature), soft_bernoulli(one, other, temperature))
    close(cross_entropy(student, torch.arange(12) % 2), binary_cross_entropy(one, (torch.arange(12) % 2)[:, None]))


def test_both_equal_the_slow_versions_with_their_gradients() -> None:
    student, teacher, on = logits(1).requires_grad_(), logits(2), labels(3)
    for temperature in invariants.TEMPERATURES:
        loss = soft_bernoulli(student, teacher, temperature)
        (slope,) = torch.autograd.grad(loss.sum(), student)
        values, other = student.detach().numpy(), teacher.numpy()
        np.testing.assert_allclose(
            loss.detach().numpy(), reference.soft_bernoulli(values, other, temperature), rtol=1e-9, atol=1e-11
        )
        np.testing.assert_allclose(
            slope.numpy(), reference.soft_bernoulli_gradient(values, other, temperature), rtol=1e-9, atol=1e-12
        )
    loss = binary_cross_entropy(student, on)
    np.testing.assert_allclose(
        loss.detach().numpy(), reference.binary_cross_entropy(student.detach().numpy(), on.numpy()), rtol=1e-9
    )
    wanted = torch.nn.functional.binary_cross_entropy_with_logits(student, on.double(), reduction="none").mean(-1)
    close(loss, wanted)


def test_the_hard_loss_maps_over_members_and_is_finite_in_half_precision() -> None:
    student, on = torch.stack([logits(1), logits(2)]), torch.stack([labels(3), labels(4)])
    close(
        vmap(binary_cross_entropy)(student, on),
        torch.stack([binary_cross_entropy(*each) for each in zip(student, on, strict=True)]),
    )
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        sure = torch.tensor([[400.0, -400.0]], dtype=dtype, requires_grad=True)
        loss = binary_cross_entropy(sure, torch.tensor([[0, 0]]))
        assert loss.dtype == torch.float32
        assert loss.tolist() == [200.0]
        assert torch.isfinite(torch.autograd.grad(loss.sum(), sure)[0]).all()


def test_smoothing_may_differ_between_the_members_of_a_cohort() -> None:
    student, on = torch.stack([logits(1), logits(2)]), labels(3)
    smoothing = torch.tensor([0.0, 0.4], dtype=torch.float64)
    found = vmap(smoothed_binary_cross_entropy, in_dims=(0, None, 0))(student, on, smoothing)
    close(found, torch.stack([smoothed_binary_cross_entropy(student[m], on, float(smoothing[m])) for m in range(2)]))
    assert torch.equal(smoothed_binary_cross_entropy(student, on, 0.0), binary_cross_entropy(student, on))
