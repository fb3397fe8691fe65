"""Temperatures come from validation rows alone, and what they change is counted on test rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss
from torch import nn

from overproof.evaluating.predictions import test_logits as logits_of
from overproof.evaluating.predictions import validation_logits, validation_rows
from overproof.evaluating.scoring import score
from overproof.metrics import accuracy, ece, reliability
from overproof.plan import Member
from overproof.results import Arm, Scaling
from overproof.run import Run
from overproof.verbs.compare import Comparison, compare
from overproof.verbs.preparing import Prepared

ARMS = ("teacher", "simple", "student")


@pytest.fixture(scope="module")
def arms(carried_out: tuple[Prepared, Run]) -> dict[str, Arm]:
    return {arm.name: arm for arm in score(carried_out[0].plan, carried_out[1])}


def scaling_of(arm: Arm) -> Scaling:
    assert arm.calibration is not None
    assert arm.calibration.scaling is not None
    assert arm.calibration.why_unscaled is None
    return arm.calibration.scaling


@pytest.mark.parametrize("name", ARMS)
def test_temperatures_fit_the_validation_rows(
    carried_out: tuple[Prepared, Run], arms: dict[str, Arm], name: str
) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    temperatures = scaling_of(arms[name]).temperatures
    assert len(temperatures) == len(plan.splits)
    for split, temperature in zip(plan.splits, temperatures, strict=True):
        member = Member(name, split)
        logits, rows = validation_logits(plan, run, member).astype(np.float64), validation_rows(member)
        assert len(logits) == len(rows)

        def loss(power: float, logits: np.ndarray = logits, rows: np.ndarray = rows) -> float:
            labels = plan.data.labels[rows]
            return float(log_loss(labels, softmax(logits / np.exp(power), axis=1), labels=range(10)))

        found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
        if temperature is not None:
            assert temperature == pytest.approx(np.exp(found.x), rel=1e-3)
        else:
            assert min(abs(found.x - np.log(0.05)), abs(found.x - np.log(20))) < 1e-3


@pytest.mark.parametrize("name", ARMS)
def test_scores_after_scaling_are_those_of_scaled_logits_on_test_rows(
    carried_out: tuple[Prepared, Run], arms: dict[str, Arm], name: str
) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    scaling = scaling_of(arms[name])
    assert set(scaling.scores) == {"log_loss", "brier", "ece", "ece_equal_mass"}
    pooled = []
    for index, (split, temperature) in enumerate(zip(plan.splits, scaling.temperatures, strict=True)):
        logits, labels = logits_of(plan, run, Member(name, split)).astype(np.float64), plan.data.labels[split.test]
        p = softmax(logits / (1.0 if temperature is None else temperature), axis=1)
        pooled.append((p, labels))
        assert scaling.scores["log_loss"].values[index] == pytest.approx(log_loss(labels, p, labels=range(10)))
        assert scaling.scores["ece"].values[index] == pytest.approx(ece(p, labels))
        assert accuracy(p, labels) == arms[name].scores["accuracy"].values[index]
    first = reliability(*(np.concatenate(parts) for parts in zip(*pooled[:3], strict=True)))
    assert [list(dict(each).values()) for each in scaling.bins] == [pytest.approx(list(each)) for each in first]


def test_bins_are_of_the_first_repeat_before_scaling(carried_out: tuple[Prepared, Run], arms: dict[str, Arm]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    for name, arm in arms.items():
        logits = np.concatenate([logits_of(plan, run, Member(name, split)) for split in plan.splits[:3]])
        labels = np.concatenate([plan.data.labels[split.test] for split in plan.splits[:3]])
        assert arm.calibration is not None
        assert [list(dict(each).values()) for each in arm.calibration.bins] == [
            pytest.approx(list(each)) for each in reliability(softmax(logits.astype(np.float64), axis=1), labels)
        ]
        assert sum(each.rows for each in arm.calibration.bins) == 240


@pytest.fixture(scope="module")
def with_perfect_teacher(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A teacher that is always right: rows hold the answer, and it reads it."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    inputs = np.eye(3)[labels] + 0.1 * generator.standard_normal((60, 3))
    teacher = nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        teacher.weight.copy_(10 * torch.eye(3))
    return compare(
        data=(inputs, labels),
        teacher=teacher,
        student={"model": "mlp", "width": 4, "training": {"epochs": 1}},
        protocol={"folds": 2},
        out=tmp_path_factory.mktemp("perfect") / "run",
    )


def test_a_teacher_that_is_always_right_is_not_scaled(with_perfect_teacher: Comparison) -> None:
    calibration = with_perfect_teacher.arm("teacher").calibration
    assert calibration is not None
    assert calibration.scaling is None
    assert calibration.why_unscaled is not None
    assert calibration.why_unscaled.startswith("the validation rows of no split determine a temperature")


def test_a_teacher_that_is_always_right_passes_no_mistakes_on(with_perfect_teacher: Comparison) -> None:
    for arm in ("simple", "student"):
        found = with_perfect_teacher.arm(arm)
        assert set(found.scores) >= {"agreement", "kl"}
        assert "mistakes_inherited" not in found.scores
        assert found.disagreement is not None
        assert (found.disagreement.arm_right, found.disagreement.both_wrong) == (0, 0)
