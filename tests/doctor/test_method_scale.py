from __future__ import annotations

import pytest
from torch import Tensor

from overproof.doctor.finding import Unchecked
from overproof.doctor.method_scale import method_scale, scale_of
from overproof.methods.catalogue import catalogue
from overproof.methods.method import Method, Outputs, Term
from tests.doctor.patients import plan
from tests.doctor.test_method_terms import Planted


class NoFactor(Planted, name="no-factor"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) / self.temperature**2


class HalfAFactor(Planted, name="half-a-factor"):
    def soft(self, student: Tensor, teacher: Tensor) -> Tensor:
        return super().soft(student, teacher) / self.temperature


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


@pytest.mark.parametrize("name", catalogue())
def test_every_method_of_the_catalogue_passes(name: str) -> None:
    found = list(method_scale(plan(method={"name": name, "arm": "it"})))
    assert not [each for each in found if not isinstance(each, Unchecked)]
