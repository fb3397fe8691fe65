"""What a soft loss must satisfy, as functions that raise AssertionError: a right loss passes all, a wrong one cannot.

A loss takes logits [batch, classes] of student and teacher and a temperature, and returns [batch].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from tests.reference import response as reference

Loss = Callable[[Tensor, Tensor, float | Tensor], Tensor]

TEMPERATURES = (0.5, 1.0, 4.0, 20.0)


def logits(seed: int, rows: int = 12, classes: int = 7) -> Tensor:
    """Logits as networks have them, float64."""
    return 3 * torch.randn(rows, classes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pairs() -> list[tuple[Tensor, Tensor]]:
    """Students and teachers that disagree, one pair of them about two classes."""
    return [(logits(1), logits(2)), (logits(3, classes=2), logits(4, classes=2)), (logits(5) / 100, 4 * logits(6))]


def close(found: Tensor, wanted: Tensor, rtol: float = 1e-9, atol: float = 1e-11) -> None:
    """The two agree to rounding."""
    torch.testing.assert_close(found, wanted, rtol=rtol, atol=atol)


def zero_at_match(loss: Loss) -> None:
    for temperature in TEMPERATURES:
        close(loss(logits(1), logits(1), temperature), torch.zeros(12, dtype=torch.float64))


def non_negative(loss: Loss) -> None:
    for student, teacher in pairs():
        for temperature in TEMPERATURES:
            assert (loss(student, teacher, temperature) >= -1e-11).all()


def shift_invariance(loss: Loss) -> None:
    for student, teacher in pairs():
        shifts = torch.linspace(-50, 50, len(student), dtype=torch.float64)[:, None]
        wanted = loss(student, teacher, 4.0)
        close(loss(student + shifts, teacher, 4.0), wanted)
        close(loss(student, teacher - shifts, 4.0), wanted)


def class_permutation(loss: Loss) -> None:
    for student, teacher in pairs():
        order = torch.arange(student.shape[1]).flip(0)
        close(loss(student[:, order], teacher[:, order], 4.0), loss(student, teacher, 4.0))


def per_example(loss: Loss) -> None:
    for student, teacher in pairs():
        together = loss(student, teacher, 4.0)
        assert together.shape == student.shape[:1]
        for row in range(len(student)):
            close(loss(student[row : row + 1], teacher[row : row + 1], 4.0), together[row : row + 1])


def impossible_class(loss: Loss) -> None:
    for student, teacher in pairs():
        nobody = torch.full((len(student), 2), -80.0, dtype=torch.float64)
        extended = loss(torch.cat([student, nobody], 1), torch.cat([teacher, nobody], 1), 1.0)
        close(extended, loss(student, teacher, 1.0))


def stable_in_temperature(loss: Loss) -> None:
    for student, teacher in pairs()[:2]:
        close(loss(student, teacher, 200.0), loss(student, teacher, 100.0), rtol=0.05)


def finite_at_extremes(loss: Loss) -> None:
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        student = torch.tensor([[400.0, -400, 0], [-400, 400, 0]], dtype=dtype, requires_grad=True)
        teacher = torch.tensor([[-400.0, 400, 0], [-400, 400, 0]], dtype=dtype)
        for temperature in (1.0, 20.0):
            value = loss(student, teacher, temperature)
            (gradient,) = torch.autograd.grad(value.sum(), student)
            assert torch.isfinite(value).all()
            assert torch.isfinite(gradient).all()


def at_least_float32(loss: Loss) -> None:
    for dtype in (torch.bfloat16, torch.float16):
        student, teacher = logits(1).to(dtype), logits(2).to(dtype)
        found = loss(student, teacher, 4.0)
        assert found.dtype == torch.float32
        close(found, loss(student.float(), teacher.float(), 4.0), rtol=1e-6)
    assert loss(logits(1), logits(2), 4.0).dtype == torch.float64


def teacher_detached(loss: Loss) -> None:
    student, teacher = logits(1).requires_grad_(), logits(2).requires_grad_()
    torch.autograd.backward(loss(student, teacher, 4.0).sum())
    assert student.grad is not None
    assert teacher.grad is None


def gradient(loss: Loss) -> None:
    student, teacher = logits(1, rows=3, classes=4).requires_grad_(), logits(2, rows=3, classes=4)
    for temperature in (1.0, 4.0):
        assert torch.autograd.gradcheck(lambda each, at=temperature: loss(each, teacher, at), (student,))


def mapped_over_members(loss: Loss) -> None:
    student, teacher = torch.stack([logits(1), logits(2)]), torch.stack([logits(3), logits(4)])
    temperatures = torch.tensor([1.5, 6.0], dtype=torch.float64)
    wanted = [loss(student[m], teacher[m], float(temperatures[m])) for m in range(2)]
    close(vmap(loss)(student, teacher, temperatures), torch.stack(wanted))
    close(vmap(loss, in_dims=(0, None, 0))(student, teacher[0], temperatures)[0], wanted[0])


def teacher_first(loss: Loss) -> None:
    """KL(teacher‖student): to miss what the teacher believes costs more than to believe what it does not."""
    sure, unsure = torch.tensor([[0.0, -60.0]]).double(), torch.tensor([[0.0, 0.0]]).double()
    assert loss(unsure, sure, 1.0) < 10 < loss(sure, unsure, 1.0)


def slow_version(loss: Loss) -> None:
    for student, teacher in pairs():
        for temperature in TEMPERATURES:
            wanted = reference.soft_kl(student.numpy(), teacher.numpy(), temperature)
            np.testing.assert_allclose(loss(student, teacher, temperature).numpy(), wanted, rtol=1e-9, atol=1e-11)


CHECKS: dict[str, Callable[[Loss], None]] = {
    check.__name__: check
    for check in (
        zero_at_match,
        non_negative,
        shift_invariance,
        class_permutation,
        per_example,
        impossible_class,
        stable_in_temperature,
        finite_at_extremes,
        at_least_float32,
        teacher_detached,
        gradient,
        mapped_over_members,
        teacher_first,
        slow_version,
    )
}


def failed(loss: Loss) -> set[str]:
    """Names of the checks that a loss fails."""
    names = set()
    for name, check in CHECKS.items():
        try:
            check(loss)
        except (AssertionError, RuntimeError):
            names.add(name)
    return names
