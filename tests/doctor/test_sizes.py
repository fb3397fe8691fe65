from __future__ import annotations

from torch import nn

from overproof.doctor.answers import Models
from overproof.doctor.finding import Finding
from overproof.doctor.sizes import sizes
from overproof.plan import Plan
from tests.doctor.patients import CLASSES, FEATURES, NOISE, Best, checks, only, plan, small


def look(study: Plan) -> list[Finding]:
    return [each for each in sizes(study, Models.of(study)) if isinstance(each, Finding)]


def frozen() -> nn.Module:
    return small().requires_grad_(False)


def test_a_student_bigger_than_its_teacher_is_named() -> None:
    finding = only(look(plan(teacher=small(), student={"model": "mlp", "width": 30})))
    assert (finding.severity, finding.remedy) == ("warning", "If the two are exchanged, exchange them back.")
    assert "1,444 parameters, the teacher 52" in finding.evidence


def test_a_student_without_weights_to_train_is_an_error() -> None:
    finding = only(look(plan(student=frozen)))
    assert finding.severity == "error"
    assert "none of them can be trained" in finding.evidence


def test_an_enormous_teacher_is_named() -> None:
    wide = 20_000
    teacher = nn.Sequential(nn.Linear(FEATURES + NOISE, wide), nn.Linear(wide, CLASSES))
    assert "times the student's parameters" in only(look(plan(teacher=teacher))).evidence


def test_equals_and_smaller_students_pass() -> None:
    assert not checks(look(plan()))
    assert not checks(look(plan(teacher=small())))
    assert not checks(look(plan(teacher=Best())))
