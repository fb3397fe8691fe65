"""From predictions to arms: metrics per split, learning curves, cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from overproof.evaluating.calibration import calibration
from overproof.evaluating.classes import by_class
from overproof.evaluating.fidelity import disagreements, fidelity
from overproof.evaluating.predictions import first_repeat, test_logits
from overproof.models import cost
from overproof.plan import Member, Plan
from overproof.results import Arm, Curve, Role
from overproof.run import Run
from overproof.statistics import spread


class _Said(NamedTuple):
    """What an arm says about the test rows of every split, each [test rows, classes]."""

    logits: list[NDArray[np.float64]]
    """Or values."""
    said: list[NDArray[np.float64]]
    """Probabilities, or the same values."""


def score(plan: Plan, run: Run) -> list[Arm]:
    """Every arm with its scores on the test rows of every split: teacher, simple, the students, then the controls."""
    beside = {name: _said(plan, run, name) for name in ("teacher", "simple")}
    names = ("teacher", *plan.arms)
    return [_arm(plan, run, name, beside.get(name) or _said(plan, run, name), beside) for name in names]


def _arm(plan: Plan, run: Run, name: str, said: _Said, beside: Mapping[str, _Said]) -> Arm:
    """An arm, from what it says about the test rows of each split, beside what its teachers and simple say."""
    role, task = _role(plan, name), plan.task
    labels = [plan.data.labels[split.test] for split in plan.splits]
    scores = {
        metric: spread([function(*each) for each in zip(said.said, labels, strict=True)])
        for metric, function in task.metrics.items()
    }
    if role != "teacher":
        scores |= fidelity(said.said, beside["teacher"].said, labels, task)
    module = plan.network(role)
    return Arm(
        name=name,
        role=role,
        model=plan.teacher_name if role == "teacher" else str(plan.student),
        method=None if role == "teacher" else plan.arms[name].described(task),
        parameters=None if module is None else cost.parameters(module),
        macs=None if module is None else cost.macs(module, torch.from_numpy(plan.data.inputs[:1])),
        size=None if module is None else cost.size(module),
        scores=scores,
        curves=_curves(plan, run, name),
        calibration=calibration(plan, run, name, said.logits) if task.classifies else None,
        **_by_class(plan, role, said, beside),
    )


def _by_class(plan: Plan, role: Role, said: _Said, beside: Mapping[str, _Said]) -> dict[str, Any]:
    """What can be counted where rows are right or wrong, over the first repeat."""
    if role == "teacher" or not plan.task.classifies:
        return {}
    teacher, simple, own = (first_repeat(plan, each.said) for each in (beside["teacher"], beside["simple"], said))
    truth = first_repeat(plan, [plan.data.labels[split.test] for split in plan.splits])
    return {
        "disagreement": disagreements(own, teacher, truth),
        "classes": by_class(truth, teacher, simple, own) if role == "student" else None,
    }


def _role(plan: Plan, name: str) -> Role:
    roles: dict[str, Role] = {"teacher": "teacher", "simple": "simple", **dict.fromkeys(plan.controls, "control")}
    return roles.get(name, "student")


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


def _said(plan: Plan, run: Run, arm: str) -> _Said:
    logits = [test_logits(plan, run, Member(arm, split)).astype(np.float64) for split in plan.splits]
    return _Said(logits, [plan.task.said(rows) for rows in logits])
