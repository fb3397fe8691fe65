"""From predictions to arms: metrics per split, learning curves, cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from torch import nn

from overproof.evaluating.predictions import test_logits
from overproof.metrics import METRICS, agreement
from overproof.models import cost
from overproof.plan import Member, Plan
from overproof.results import Arm, Curve, Role
from overproof.run import Run
from overproof.statistics import spread


def score(plan: Plan, run: Run) -> list[Arm]:
    """Every arm with its scores on the test rows of every split: teacher, simple, then the students."""
    told = _probabilities(plan, run, "teacher")
    arms = [_arm(plan, run, "teacher", told, told)]
    for name in plan.methods:
        said = _probabilities(plan, run, name)
        arms.append(_arm(plan, run, name, said, told))
    return arms


def example(plan: Plan, role: str) -> nn.Module:
    """A module as the arm has it, to count and to time; weights do not matter."""
    if role == "teacher" and plan.brought is not None:
        return plan.brought
    architecture = plan.teacher if role == "teacher" else plan.student
    return architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")


def _arm(
    plan: Plan,
    run: Run,
    name: str,
    said: Sequence[NDArray[np.float64]],
    told: Sequence[NDArray[np.float64]],
) -> Arm:
    """An arm, from the probabilities it and its teachers gave to the test rows of each split."""
    role: Role = "teacher" if name == "teacher" else "simple" if name == "simple" else "student"
    labels = [plan.data.labels[split.test] for split in plan.splits]
    scores = {
        metric: spread([function(rows, own) for rows, own in zip(said, labels, strict=True)])
        for metric, function in METRICS.items()
    }
    if role != "teacher":
        scores["agreement"] = spread([agreement(rows, teacher) for rows, teacher in zip(said, told, strict=True)])
    module = example(plan, role)
    return Arm(
        name=name,
        role=role,
        model=str(plan.teacher if role == "teacher" else plan.student),
        method=None if role == "teacher" else str(plan.methods[name]),
        parameters=cost.parameters(module),
        macs=cost.macs(module, torch.from_numpy(plan.data.inputs[:1])),
        size=cost.size(module),
        scores=scores,
        curves=_curves(plan, run, name),
    )


def _curves(plan: Plan, run: Run, arm: str) -> list[Curve]:
    """The learning curves of an arm's members; none for a teacher that was brought."""
    stage, cohorts = ("teach", plan.teachers) if arm == "teacher" else ("train", plan.students)
    return [
        _curve(member, index, json.loads(run.read(f"{stage}/{cohort.key}", "history.json")))
        for cohort in cohorts.values()
        for index, member in enumerate(cohort.members)
        if member.arm == arm
    ]


def _curve(member: Member, index: int, history: dict[str, Any]) -> Curve:
    def of(name: str) -> list[float] | None:
        return [epoch[index] for epoch in history[name]] or None

    return Curve(
        repeat=member.split.repeat,
        fold=member.split.fold,
        hard=of("hard") or [],
        soft=of("soft"),
        validation=of("validation"),
        best_epoch=history["best_epoch"][index],
    )


def _probabilities(plan: Plan, run: Run, arm: str) -> list[NDArray[np.float64]]:
    """What an arm says about the test rows of each split."""
    members = [Member(arm, split) for split in plan.splits]
    return [softmax(test_logits(plan, run, member).astype(np.float64), axis=1) for member in members]
