from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import vmap

from overproof.losses.response import cross_entropy, smoothed_cross_entropy, soft_kl
from tests.losses import invariants
from tests.losses.invariants import CHECKS, Loss, failed, logits
from tests.reference import response as reference

Setting = float | Tensor


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_soft_kl_satisfies(check: Callable[[Loss], None]) -> None:
    check(soft_kl)


# The losses below are wrong on purpose; most are shipped by some library under the name of knowledge distillation.


def _log_softmax(values: Tensor, temperature: Setting) -> Tensor:
    values = values.to(torch.promote_types(values.dtype, torch.float32))
    return torch.log_softmax(values / temperature, -1)


def _kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def without_the_square(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    return _kl(_log_softmax(teacher.detach(), temperature), _log_softmax(student, temperature))


def mean_over_classes(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    return soft_kl(student, teacher, temperature) / student.shape[-1]


def forward_cross_entropy(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    del temperature  # this library has none
    return -(_log_softmax(teacher.detach(), 1).exp() * _log_softmax(student, 1)).sum(-1)


def log_of_softmax(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    log_p, log_q = (_log_softmax(logits, temperature).exp().log() for logits in (teacher.detach(), student))
    return temperature**2 * _kl(log_p, log_q)


def reversed_kl(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    log_p, log_q = _log_softmax(teacher.detach(), temperature), _log_softmax(student, temperature)
    return temperature**2 * _kl(log_q, log_p)


def attached_teacher(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    return temperature**2 * _kl(_log_softmax(teacher, temperature), _log_softmax(student, temperature))


def difference_of_entropies(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    log_p, log_q = _log_softmax(teacher.detach(), temperature), _log_softmax(student, temperature)
    return temperature**2 * ((log_q.exp() * log_q).sum(-1) - (log_p.exp() * log_p).sum(-1))


def squared_error(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    del temperature
    dtype = torch.promote_types(student.dtype, torch.float32)
    return ((student.to(dtype) - teacher.detach().to(dtype)) ** 2).sum(-1)


def weighted_classes(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    log_p, log_q = _log_softmax(teacher.detach(), temperature), _log_softmax(student, temperature)
    weights = torch.linspace(0.5, 1.5, student.shape[-1], dtype=log_p.dtype)
    return temperature**2 * (weights * (log_p.exp() - log_q.exp()) ** 2).sum(-1)


def mean_over_the_batch(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    return soft_kl(student, teacher, temperature).mean(-1, keepdim=True).expand(student.shape[:-1])


def in_half_precision(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    log_p = torch.log_softmax(teacher.detach() / temperature, -1)
    return temperature**2 * _kl(log_p, torch.log_softmax(student / temperature, -1))


def branching_on_values(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    return soft_kl(student, teacher, temperature) if bool((student != teacher).any()) else student.sum(-1) * 0


def wrong_gradient(student: Tensor, teacher: Tensor, temperature: Setting) -> Tensor:
    loss = soft_kl(student, teacher, temperature)
    return loss / 2 + loss.detach() / 2


WRONG: dict[Loss, set[str]] = {
    without_the_square: {"stable_in_temperature", "slow_version"},
    mean_over_classes: {"impossible_class", "slow_version"},
    forward_cross_entropy: {"zero_at_match", "slow_version"},
    log_of_softmax: {"finite_at_extremes"},
    reversed_kl: {"teacher_first", "slow_version"},
    attached_teacher: {"teacher_detached"},
    difference_of_entropies: {"non_negative", "stable_in_temperature", "teacher_first", "slow_version"},
    squared_error: {"shift_invariance", "teacher_first", "slow_version"},
    weighted_classes: {"class_permutation", "impossible_class", "teacher_first", "slow_version"},
    mean_over_the_batch: {"per_example", "slow_version"},
    in_half_precision: {"at_least_float32"},
    branching_on_values: {"mapped_over_members"},
    wrong_gradient: {"gradient"},
}


@pytest.mark.parametrize("loss", WRONG, ids=lambda loss: loss.__name__)
def test_a_wrong_loss_fails_exactly_the_checks_that_can_see_it(loss: Loss) -> None:
    assert failed(loss) == WRONG[loss]


def test_every_check_has_a_wrong_loss_to_catch() -> None:
    assert set().union(*WRONG.values()) == set(CHECKS)


# Cross-entropy, the hard loss.


def test_cross_entropy_equals_the_slow_version() -> None:
    student, labels = logits(1).requires_grad_(), torch.arange(12) % 7
    loss = cross_entropy(student, labels)
    (gradient,) = torch.autograd.grad(loss.sum(), student)
    values = student.detach().numpy()
    np.testing.assert_allclose(loss.detach().numpy(), reference.cross_entropy(values, labels.numpy()), rtol=1e-12)
    np.testing.assert_allclose(gradient.numpy(), reference.cross_entropy_gradient(values, labels.numpy()), atol=1e-14)


def test_cross_entropy_is_finite_and_at_least_float32() -> None:
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        student = torch.tensor([[400.0, -400.0], [-400.0, 400.0]], dtype=dtype, requires_grad=True)
        loss = cross_entropy(student, torch.tensor([1, 1]))
        (gradient,) = torch.autograd.grad(loss.sum(), student)
        assert loss.dtype == torch.float32
        assert loss.tolist() == [800.0, 0.0]
        assert torch.isfinite(gradient).all()


def test_cross_entropy_maps_over_members() -> None:
    student, labels = torch.stack([logits(1), logits(2)]), torch.stack([torch.arange(12) % 7, torch.arange(12) % 5])
    wanted = torch.stack([cross_entropy(student[member], labels[member]) for member in range(2)])
    invariants.close(vmap(cross_entropy)(student, labels), wanted)
    invariants.close(cross_entropy(student, labels), wanted)


def test_the_gradient_of_soft_kl_equals_the_slow_version() -> None:
    for student, teacher in invariants.pairs():
        for temperature in invariants.TEMPERATURES:
            leaf = student.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(soft_kl(leaf, teacher, temperature).sum(), leaf)
            wanted = reference.soft_kl_gradient(student.numpy(), teacher.numpy(), temperature)
            np.testing.assert_allclose(gradient.numpy(), wanted, rtol=1e-9, atol=1e-12)


# Numbers that the public implementations return.

Entry = dict[str, Any]


class Published:
    """Inputs and outputs of public implementations, with the tolerances that their README suggests."""

    def __init__(self, folder: Path) -> None:
        described = json.loads((folder / "reference_values.json").read_text("utf-8"))
        self.arrays = np.load(folder / "reference_values.npz", allow_pickle=False)
        self.inputs = described["inputs"]
        self.entries: list[Entry] = described["entries"]

    def of(self, family: str) -> list[Entry]:
        """The entries of a loss."""
        return [entry for entry in self.entries if entry["id"].startswith(f"{family}/")]

    def input(self, entry: Entry, role: str) -> Tensor:
        """A tensor the entry was computed from, as stored."""
        return torch.from_numpy(self.arrays[self.inputs[entry["inputs"][role]]["array"]])

    def expect(self, entry: Entry, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        """``loss`` of the entry's logits has the entry's value and gradient, in float64 and in float32."""
        value, (described,) = entry["expected"]["loss"], entry["gradients"]
        gradient: NDArray[np.float64] = self.arrays[described["array"]]
        for dtype, rtol, share in ((torch.float64, 1e-9, 1e-8), (torch.float32, 1e-4, 1e-3)):
            student = self.input(entry, "zs").to(dtype).requires_grad_()
            found = loss(student, self.input(entry, "zt").to(dtype))
            (slope,) = torch.autograd.grad(found, student)
            assert float(found.detach()) == pytest.approx(value, rel=rtol)
            np.testing.assert_allclose(slope.numpy(), gradient, rtol=0, atol=share * described["max_abs"])


@pytest.fixture(scope="module")
def published() -> Published:
    repository = Path(__file__).parents[2]
    data = Path(os.environ.get("OVERPROOF_TEST_DATA", repository.parent / "shared" / "data"))
    folder = data.parent / "reference"
    if not folder.is_dir():
        pytest.skip(f"no reference values in {folder}; set OVERPROOF_TEST_DATA to the folder beside theirs")
    return Published(folder)


def test_soft_kl_returns_the_published_numbers(published: Published) -> None:
    entries = published.of("kd")
    assert len(entries) == 16
    for entry in entries:

        def loss(student: Tensor, teacher: Tensor, temperature: float = entry["settings"]["temperature"]) -> Tensor:
            return soft_kl(student, teacher, temperature).mean()

        published.expect(entry, loss)


@pytest.mark.parametrize(
    ("family", "alpha", "weigh"),
    [
        ("kd_ce_szagoruyko", 0.9, lambda hard, soft, classes: 0.1 * hard + 0.9 * soft),
        ("kd_ce_torchdistill", 0.9, lambda hard, soft, classes: 0.9 * hard + 0.1 * soft),
        ("kd_torchdistill_noalpha", 0, lambda hard, soft, classes: soft / 4**2),
        ("deit_soft", 0.9, lambda hard, soft, classes: 0.1 * hard + 0.9 * soft / classes),
    ],
    ids=["attention-transfer", "torchdistill", "torchdistill without alpha", "DeiT"],
)
def test_what_other_libraries_mean_in_our_terms(
    published: Published, family: str, alpha: float, weigh: Callable[[Tensor, Tensor, int], Tensor]
) -> None:
    entries = published.of(family)
    assert len(entries) == 2
    for entry in entries:
        assert entry["settings"]["alpha"] == alpha
        labels = published.input(entry, "y")

        def loss(student: Tensor, teacher: Tensor, labels: Tensor = labels) -> Tensor:
            hard, soft = cross_entropy(student, labels).mean(), soft_kl(student, teacher, 4.0).mean()
            return weigh(hard, soft, student.shape[1])

        published.expect(entry, loss)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_smoothed_cross_entropy_is_what_pytorch_has(smoothing: float) -> None:
    for classes in (2, 7):
        student, labels = logits(1, classes=classes), torch.arange(12) % classes
        wanted = torch.nn.functional.cross_entropy(student, labels, reduction="none", label_smoothing=smoothing)
        torch.testing.assert_close(smoothed_cross_entropy(student, labels, smoothing), wanted, rtol=1e-12, atol=1e-12)


def test_smoothing_may_differ_between_the_members_of_a_cohort() -> None:
    student, labels = torch.stack([logits(1), logits(2)]), torch.arange(12) % 7
    smoothing = torch.tensor([0.0, 0.4], dtype=torch.float64)
    found = vmap(smoothed_cross_entropy, in_dims=(0, None, 0))(student, labels, smoothing)
    wanted = [smoothed_cross_entropy(student[m], labels, float(smoothing[m])) for m in range(2)]
    torch.testing.assert_close(found, torch.stack(wanted), rtol=1e-12, atol=1e-12)
    single = vmap(smoothed_cross_entropy, in_dims=(0, None, 0))(student.float(), labels, smoothing)
    assert single.dtype == torch.float32


def test_smoothed_cross_entropy_is_finite_at_extremes() -> None:
    student = torch.tensor([[400.0, -400, 0], [-400, 400, 0]], dtype=torch.bfloat16, requires_grad=True)
    loss = smoothed_cross_entropy(student, torch.tensor([0, 0]), 0.1)
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss).all()
    assert torch.isfinite(torch.autograd.grad(loss.sum(), student)[0]).all()
