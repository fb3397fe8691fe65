from __future__ import annotations

from dataclasses import dataclass

import pytest
from torch import Tensor

from overproof.doctor.finding import Unchecked
from overproof.doctor.method_scale import method_scale, scale_of
from overproof.losses.response import soft_kl
from overproof.methods.method import Method, Outputs, Term
from overproof.methods.simple import Simple
from tests.doctor.patients import OURS, plan_of
from tests.doctor.test_method_terms import Planted


class NoFactor(Planted, name="no-factor"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) / self.temperature**2


class HalfAFactor(Planted, name="half-a-factor"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) / self.temperature


class TwiceTheFactor(Planted, name="twice-the-factor"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) * self.temperature**2


class OfLogits(Planted, name="of-logits"):
    """The mean square of differences is usual, and no fault."""

    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return (student - teacher).square().mean(-1)


class ByClasses(Planted, name="by-classes"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) / student.shape[-1]


class Reversed(Planted, name="reversed"):
    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        terms = super().loss(student, teacher, labels)
        return {
            "hard": Term(self.alpha, terms["hard"].value),
            "soft": Term(1 - self.alpha, terms["soft"].value),
        }


@pytest.mark.parametrize(
    ("method", "severity", "says"),
    [
        (NoFactor(), "warning", "falls by a factor of 16.1 from temperature 20 to 80"),
        (HalfAFactor(), "warning", "power of −1.0"),
        (TwiceTheFactor(), "warning", "grows by a factor of 15.9 from temperature 20 to 80"),
        (ByClasses(), "warning", "divided by the number of classes"),
        (Reversed(), "error", "follows the labels"),
    ],
    ids=lambda value: value.name if isinstance(value, Method) else "",
)
def test_a_fault_is_named(method: Method, severity: str, says: str) -> None:
    (finding,) = scale_of("student", method)
    assert (finding.check, finding.severity) == ("method scale", severity)
    assert says in finding.evidence


def test_a_right_method_passes() -> None:
    for alpha in (0.1, 0.5, 0.99):
        for temperature in (0.5, 1.0, 4.0, 20.0):
            assert not list(scale_of("student", Planted(alpha=alpha, temperature=temperature)))
    assert not list(scale_of("student", OfLogits()))


@dataclass(frozen=True, kw_only=True)
class Settingless(Simple, name="settingless"):
    """Divided by classes, without a setting to turn. A child of simple, so that the catalogue never sees it."""

    needs_teacher = True

    def loss(self, student: Outputs, teacher: Outputs | None, labels: Tensor | None) -> dict[str, Term]:
        assert teacher is not None
        return {"soft": Term(1.0, soft_kl(student.logits, teacher.logits, 4.0) / student.logits.shape[-1])}


def test_a_method_without_settings_is_looked_at() -> None:
    (finding,) = scale_of("student", Settingless())
    assert "divided by the number of classes" in finding.evidence


@pytest.mark.parametrize(("name", "task"), OURS)
def test_every_method_of_the_catalogue_passes(name: str, task: str) -> None:
    found = list(method_scale(plan_of(task, method={"name": name, "arm": "it"})))
    assert not [each for each in found if not isinstance(each, Unchecked)]
