"""Row scores are the metrics before the mean, on every row of the data once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overproof.evaluating.rows import row_scores
from overproof.evaluating.scoring import score
from overproof.metrics import METRICS
from overproof.plan import Plan
from overproof.run import Run
from overproof.tasks.multiclass import MULTICLASS
from overproof.verbs.compare import Comparison, compare
from overproof.verbs.preparing import Given, prepare

QUICK: dict[str, Any] = {"model": "mlp", "width": 8, "training": {"epochs": 2}}
PROTOCOL = {"folds": 3, "repeats": 2, "student_rows": 0.5}
SETTINGS = ["data.limit=241"]


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Run, Comparison]:
    """A small comparison whose test parts differ in size, its run, and its plan made once more."""
    out = tmp_path_factory.mktemp("rows") / "run"
    found = compare(data="digits", teacher=QUICK, student=QUICK, protocol=PROTOCOL, settings=SETTINGS, out=out)
    given = Given(data="digits", teacher=QUICK, student=QUICK, protocol=PROTOCOL)
    return prepare(None, given, SETTINGS, trust=False).plan, Run(Path(out)), found


def asking(plan: Plan, metric: str) -> Plan:
    """The same plan with another headline metric."""
    protocol = plan.study.protocol.model_copy(update={"metric": metric})
    return dataclasses.replace(plan, study=plan.study.model_copy(update={"protocol": protocol}))


@pytest.mark.parametrize("metric", list(METRICS))
def test_their_mean_is_the_metric(carried_out: tuple[Plan, Run, Comparison], metric: str) -> None:
    plan, run, _ = carried_out
    found = row_scores(asking(plan, metric), run)
    first = [index for index, split in enumerate(plan.splits) if split.repeat == 0]
    sizes = [len(plan.splits[index].test) for index in first]
    assert len(set(sizes)) > 1
    for arm in score(plan, run):
        if arm.role == "teacher":
            assert arm.name not in found
            continue
        rows = found[arm.name]
        assert rows.right is not None
        assert rows.right.shape == (len(plan.data),)
        by_split = {name: np.average(np.take(arm.scores[name].values, first), weights=sizes) for name in METRICS}
        assert rows.right.mean() == pytest.approx(by_split["accuracy"])
        assert (rows.scores is not None) == (metric in MULTICLASS.of_rows)
        if rows.scores is not None:
            assert rows.scores.mean() == pytest.approx(by_split[metric])


def test_a_comparison_holds_the_evidence_of_its_rows(carried_out: tuple[Plan, Run, Comparison]) -> None:
    plan, run, found = carried_out
    rows = row_scores(plan, run)
    student, simple = (rows[name].right for name in ("student", "simple"))
    assert student is not None
    assert simple is not None
    gain = float(np.mean(student.astype(float) - simple))
    [comparison] = found.result.comparisons
    assert comparison.rows_low is not None
    assert comparison.rows_high is not None
    assert comparison.rows_low <= gain <= comparison.rows_high
    assert comparison.mcnemar_p is not None
    assert 0 < comparison.mcnemar_p <= 1
