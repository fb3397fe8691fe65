"""Learning curves."""

from __future__ import annotations

import pytest

from overproof.report.plots.curves import LOSSES, band, curves
from overproof.results import Results


def test_every_arm_with_the_loss_is_drawn(helping: Results, minimal: Results) -> None:
    found = {loss: curves(helping.result, loss) for loss in LOSSES}
    arms = {loss: {row["arm"] for row in spec["data"]["values"]} for loss, spec in found.items() if spec}
    assert arms == {"hard": {0, 1, 2}, "validation": {0, 1, 2}, "soft": {2}}
    assert all(curves(minimal.result, loss) is None for loss in LOSSES)


def test_splits_may_stop_at_different_epochs(helping: Results) -> None:
    student = helping.result.arms[2]
    shorter = [curve.model_copy(update={"hard": curve.hard[: 5 + index]}) for index, curve in enumerate(student.curves)]
    points = band(student.model_copy(update={"curves": shorter}), "hard")
    assert [point.epoch for point in points] == list(range(1, 15))
    last = shorter[-1].hard[-1]
    assert points[-1] == (14, last, last, last)
    first = [curve.hard[0] for curve in shorter]
    assert (points[0].low, points[0].high) == (min(first), max(first))
    assert points[0].mean == pytest.approx(sum(first) / 10)


def test_long_trainings_are_thinned_and_keep_their_last_epoch(helping: Results) -> None:
    curve = helping.result.arms[2].curves[0].model_copy(update={"hard": [1.0 / (1 + step) for step in range(10_000)]})
    points = band(helping.result.arms[2].model_copy(update={"curves": [curve]}), "hard")
    assert len(points) <= 122
    assert points[-1].epoch == 10_000


@pytest.mark.parametrize(
    ("values", "kind"),
    [([2.0, 1.0, 0.5], None), ([2.0, 0.0, -1.0], None), ([0.0, 0.0], None), ([3.0], None), ([1e-9, 1e3], "log")],
)
def test_the_axis_is_logarithmic_where_the_losses_need_it_and_allow_it(
    helping: Results, values: list[float], kind: str | None
) -> None:
    arms = [
        arm.model_copy(update={"curves": [curve.model_copy(update={"hard": values}) for curve in arm.curves]})
        for arm in helping.result.arms
    ]
    spec = curves(helping.result.model_copy(update={"arms": arms}), "hard")
    assert spec is not None
    assert spec["layer"][1]["encoding"]["y"]["scale"].get("type") == kind


def test_a_point_says_arm_epoch_and_loss(helping: Results) -> None:
    spec = curves(helping.result, "soft")
    assert spec is not None
    first, mean = spec["data"]["values"][0], [curve.soft[0] for curve in helping.result.arms[2].curves if curve.soft]
    assert first["tip"].startswith("student, epoch 1\n")
    assert f"{sum(mean) / len(mean):.3g}" in first["tip"]
