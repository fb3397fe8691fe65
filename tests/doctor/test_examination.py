from __future__ import annotations

from overproof.doctor.examination import Examination
from overproof.doctor.finding import Finding, Unchecked
from overproof.errors import TrainingError


def test_errors_come_first_and_what_is_refused_is_one() -> None:
    def one(_: int) -> list[Finding]:
        return [Finding("one", "warning", "W.", "R.")]

    def an_other(_: int) -> list[Unchecked | Finding]:
        raise TrainingError("the loss is not finite in epoch 3; lower the learning rate")

    def third(_: int) -> list[Unchecked]:
        return [Unchecked("third", "Why.")]

    found = Examination()
    for check in (one, an_other, third):
        found.hear(check, 0)
    assert [(each.check, each.severity) for each in found] == [("an other", "error"), ("one", "warning")]
    assert found[0].evidence == "the loss is not finite in epoch 3; lower the learning rate."
    assert (found.checked, found.unchecked) == (["one", "an other"], {"third": "Why."})
