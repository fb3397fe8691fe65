from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from overproof.doctor.finding import Unchecked
from overproof.doctor.method_terms import method_terms, terms_of
from overproof.losses.response import cross_entropy, soft_kl
from overproof.methods.kd import KD
from overproof.methods.method import Method, Outputs, Term
from tests.doctor.patients import OURS, only, plan, plan_of


@dataclass(frozen=True, kw_only=True)
class Planted(KD, name="planted"):
    """KD with a fault. A child of KD, so that the catalogue never sees it."""

    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        assert teacher is not None
        assert labels is not None
        return {
            "hard": Term(1 - self.alpha, cross_entropy(student.logits, labels)),
            "soft": Term(self.alpha, self.soft(student.logits, teacher.logits)),
        }

    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return soft_kl(student, teacher, self.temperature)


class WithItself(Planted, name="with-itself"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return soft_kl(teacher, teacher.flip(0), self.temperature)


class Detached(Planted, name="detached"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return soft_kl(student.detach(), teacher, self.temperature)


class NoTeacher(Planted, name="no-teacher"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return soft_kl(student, torch.zeros_like(student), self.temperature)


class AnotherOrder(Planted, name="another-order"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return soft_kl(student, teacher.flip(1), self.temperature)


class Undeclared(AnotherOrder, name="undeclared"):
    """Nothing is declared, so only its gradient is looked at."""

    zero_at_match = False


class NeverZero(Planted, name="never-zero"):
    """The teacher's cross-entropy is not 0 where both agree, and its gradient is."""

    zero_at_match = False

    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        targets = torch.softmax(teacher / self.temperature, dim=-1)
        return -(self.temperature**2) * (targets * torch.log_softmax(student / self.temperature, dim=-1)).sum(-1)


class Away(Planted, name="away"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return -super().soft(student, teacher)


class NotFinite(Planted, name="not-finite"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher).log() + torch.nan


class OtherNames(Detached, name="other-names"):
    """Terms may have any name; which one reads the teacher is seen by trying."""

    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        terms = super().loss(student, teacher, labels)
        return {"ce": terms["hard"], "kd": terms["soft"]}


class WithADetachedSelf(Planted, name="with-a-detached-self"):
    """Its gradient is 0 but for rounding."""

    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return soft_kl(student, student.detach(), self.temperature)


class Averaged(Planted, name="averaged"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher).mean()


class Summed(Planted, name="summed"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) * len(student)


class HardOnly(Planted, name="hard-only"):
    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        terms = super().loss(student, teacher, labels)
        return {"hard": terms["hard"]}


@pytest.mark.parametrize(
    ("method", "severity", "says"),
    [
        (WithItself(), "error", "no gradient with respect to the student"),
        (Detached(), "error", "no gradient with respect to the student"),
        (NoTeacher(), "error", "whatever the teacher says"),
        (AnotherOrder(), "error", "where student and teacher agree"),
        (Averaged(), "error", "has shape () for 24 rows"),
        (Summed(), "warning", "for two halves"),
        (Undeclared(), "warning", "agree, the soft loss of undeclared still has a gradient"),
        (Away(), "error", "leads away from the teacher (cosine -"),
        (NotFinite(), "error", "is nan for logits of ordinary size"),
        (OtherNames(), "error", "no gradient with respect to the student"),
        (WithADetachedSelf(), "error", "no gradient with respect to the student"),
        (HardOnly(), "error", "no term that reads the teacher"),
    ],
    ids=lambda value: value.name if isinstance(value, Method) else "",
)
def test_a_fault_is_named(method: Method, severity: str, says: str) -> None:
    found = list(terms_of("student", method))
    assert [severity for each in found if says in each.evidence] == [severity]
    assert all(each.severity == severity for each in found if says in each.evidence)


def test_a_right_method_passes() -> None:
    for method in (Planted(), Planted(alpha=0.01, temperature=20.0), NeverZero()):
        assert not list(terms_of("student", method))


@pytest.mark.parametrize(("name", "task"), OURS)
def test_every_method_of_the_catalogue_passes(name: str, task: str) -> None:
    found = list(method_terms(plan_of(task, method={"name": name, "arm": "it"})))
    assert not [each for each in found if not isinstance(each, Unchecked)]


def test_a_method_that_wants_more_than_logits_is_not_judged() -> None:
    class Features(Planted, name="features"):
        def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
            raise KeyError("layer1")

    study = plan()
    study.methods["student"] = Features()
    (said,) = method_terms(study)
    assert isinstance(said, Unchecked)
    assert "layer1" in said.why


def test_no_method_to_look_at_is_nothing_to_find() -> None:
    assert not list(method_terms(plan(method={"name": "simple", "arm": "plain"})))
    with pytest.raises(ValueError, match="unpack"):
        only(method_terms(plan()))
