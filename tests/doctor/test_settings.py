from __future__ import annotations

import pytest

from overproof.doctor.settings import settings
from tests.doctor.patients import only, plan


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("alpha", 0.0, "its soft loss has no weight"),
        ("alpha", 1.0, "its hard loss has no weight"),
        ("temperature", 0.3, "all but one-hot"),
        ("temperature", 40.0, "all but uniform"),
    ],
)
def test_the_edge_of_sense(name: str, value: float, says: str) -> None:
    finding = only(settings(plan(method={"name": "kd", name: value})))
    assert finding.severity == "warning"
    assert f"{name} = {value:g}" in finding.evidence
    assert says in finding.evidence


def test_usual_settings_pass() -> None:
    for method in (
        {"name": "kd"},
        {"name": "kd", "alpha": 0.1, "temperature": 1.0},
        {"name": "simple", "arm": "plain"},
    ):
        assert not list(settings(plan(method=method)))
