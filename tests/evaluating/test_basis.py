"""What a verdict rests on follows from the data: folds, windows of time, or an official test set over seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from overproof import compare, statistics
from overproof.data.dataset import TEST, Dataset
from overproof.data.splits import make_splits
from overproof.evaluating import official
from overproof.evaluating.basis import Basis, basis_of
from overproof.evaluating.judging import judge
from overproof.plan import Member
from overproof.study import Protocol
from overproof.tasks.catalogue import TASKS
from tests.data.test_borders import a_dataset
from tests.evaluating.arms import an_arm
from tests.evaluating.test_judging import RATES, a_study

#: Nobody looks into it.
RUN: Any = None
QUICK = {"model": "mlp", "width": 4, "training": {"epochs": 1}}


def a_plan(data: Dataset, **protocol: Any) -> Any:
    """As much of a plan as is looked at, with what every member says, by its key."""
    made = Protocol(**protocol)
    random = np.random.default_rng(0)
    splits = make_splits(data, made)
    said = {
        f"{arm}-r{split.repeat}-f{split.fold}": random.standard_normal((len(data), len(data.classes)))
        for arm in ("teacher", "simple", "student", "longer")
        for split in splits
    }
    study = SimpleNamespace(protocol=made)
    return SimpleNamespace(
        data=data, study=study, splits=splits, task=TASKS[data.task], arms=["simple", "student", "longer"], said=said
    )


@pytest.fixture
def predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(plan: Any, run: Any, member: Member) -> NDArray[np.float64]:
        del run
        found: NDArray[np.float64] = plan.said[member.key][member.split.test]
        return found

    monkeypatch.setattr(official, "test_logits", said)


def test_folds_are_those_of_the_study() -> None:
    plan = a_plan(a_dataset(40), folds=4, student_rows=0.5)
    assert basis_of(plan, RUN) == Basis(statistics.k_fold(4))


def test_windows_have_the_mean_ratio_of_test_rows_to_earlier_rows() -> None:
    plan = a_plan(replace(a_dataset(60), times=np.arange(60.0)), folds=3, repeats=2, student_rows=0.5)
    design = basis_of(plan, RUN).of("student", "simple")
    assert design == statistics.windows([(15, 15), (15, 30), (15, 45)])


@pytest.mark.usefixtures("predictions")
@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy"])
def test_an_official_test_resamples_rows_for_every_arm(metric: str) -> None:
    data = a_dataset(40, test=60)
    plan = a_plan(data, repeats=3, metric=metric)
    basis = basis_of(plan, RUN)
    assert basis.sampled is not None
    assert list(basis.sampled) == ["teacher", "simple", "student", "longer"]
    rows = np.flatnonzero(data.part == TEST)
    function = plan.task.metrics[metric]
    for arm, sampled in basis.sampled.items():
        whole = [
            function(plan.task.said(plan.said[f"{arm}-r{repeat}-f0"][rows]), data.labels[rows]) for repeat in range(3)
        ]
        assert len(sampled) == statistics.RESAMPLES
        assert np.mean(sampled) == pytest.approx(np.mean(whole), abs=0.01)
    design = basis.of("student", "simple")
    assert design.rows == statistics.row_variance(basis.sampled["student"], basis.sampled["simple"]) > 0
    assert design.rows != basis.of("longer", "simple").rows
    gains = basis.sampled_gains("student", "simple", "teacher", 1)
    assert gains is not None
    lower = basis.sampled_gains("student", "simple", "teacher", -1)
    assert lower is not None
    assert np.array_equal(lower, -gains)


@pytest.mark.usefixtures("predictions")
def test_neither_the_order_of_the_file_nor_the_numbers_of_groups_matter() -> None:
    data = replace(a_dataset(40, test=60), groups=np.random.default_rng(1).integers(0, 50, 100))
    order = np.random.default_rng(2).permutation(len(data))
    plan, moved = a_plan(data, repeats=2, metric="accuracy"), a_plan(data, repeats=2, metric="accuracy")
    moved.data = replace(data.subset(order), keys=None)
    moved.data = replace(moved.data, groups=np.random.default_rng(3).permutation(50)[moved.data.groups])
    moved.said = {key: rows[order] for key, rows in plan.said.items()}
    moved.splits = make_splits(moved.data, plan.study.protocol)
    ours, theirs = basis_of(plan, RUN).sampled, basis_of(moved, RUN).sampled
    assert ours is not None
    assert theirs is not None
    for arm, sampled in ours.items():
        assert theirs[arm] == pytest.approx(sampled)


@pytest.mark.usefixtures("predictions")
def test_rows_of_a_group_are_resampled_together() -> None:
    data = a_dataset(40, test=60)
    alone = basis_of(a_plan(data, repeats=2, metric="accuracy"), RUN)
    groups = np.arange(100) + 100
    groups[data.part == TEST] = np.arange(60) // 30
    together = basis_of(a_plan(replace(data, groups=groups), repeats=2, metric="accuracy"), RUN)
    assert together.of("student", "simple").rows != pytest.approx(alone.of("student", "simple").rows, rel=0.05)


def test_a_verdict_over_seeds_knows_that_other_rows_were_possible() -> None:
    arms = [
        an_arm("teacher", "teacher", "accuracy", [0.96] * 5),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("student", "student", "accuracy", [base + 0.02 for base in RATES]),
    ]
    random = np.random.default_rng(0)
    sampled = {name: 0.9 + 0.02 * random.standard_normal(2_000) for name in ("teacher", "simple", "student")}
    sure = Basis(statistics.seeds(0.0), {name: np.full(2_000, 0.9) for name in sampled})
    [certain] = judge(a_study(), arms, {}, sure)
    assert (certain.verdict, certain.low, certain.high) == ("helps", 0.02, 0.02)
    assert "(the same in every split)" in certain.sentence
    basis = Basis(statistics.seeds(0.0), sampled)
    [found] = judge(a_study(), arms, {}, basis)
    design = basis.of("student", "simple")
    assert found.verdict == "not settled"
    assert (found.low, found.high) == statistics.interval([0.02] * 5, design)
    assert (found.p_helps, found.p_same, found.p_hurts) == statistics.probabilities([0.02] * 5, design, 0.005)
    assert "(95 % interval −5.9 … 9.9)" in found.sentence
    assert found.gap_note is not None


def test_a_verdict_over_windows_has_their_variance() -> None:
    added = [0.02, 0.01, 0.03, 0.02, 0.02]
    arms = [
        an_arm("teacher", "teacher", "accuracy", [0.96] * 5),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("student", "student", "accuracy", [base + more for base, more in zip(RATES, added, strict=True)]),
    ]
    design = statistics.windows([(10, 10), (10, 20), (10, 30), (10, 40), (10, 50)])
    [found] = judge(a_study(), arms, {}, Basis(design))
    assert (found.low, found.high) == statistics.interval(added, design)
    assert found.verdict == "not settled"
    assert found.power is not None
    assert found.power.detectable == statistics.detectable_effect(float(np.std(added, ddof=1)), design, 1, rope=0.005)
    assert found.gap_low is not None
    gaps = [round(0.96 - base, 12) for base in RATES]
    assert (found.gap_low, found.gap_high, None) == statistics.gap_interval(added, gaps, design)


def _rows(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((count, 3))
    return inputs, (inputs[:, 0] + random.standard_normal(count) > 0).astype(np.int64)


def test_a_whole_study_with_an_official_test(tmp_path: Path) -> None:
    inputs, labels = _rows(90, 0)
    lines = [
        f"{x:.6f},{y:.6f},{z:.6f},{'yes' if label else 'no'},{'true' if row >= 60 else 'false'}\n"
        for row, ((x, y, z), label) in enumerate(zip(inputs, labels, strict=True))
    ]
    (tmp_path / "rows.csv").write_text("x,y,z,target,official\n" + "".join(lines))
    data = {"source": str(tmp_path / "rows.csv"), "target": "target"}
    protocol = {"repeats": 3, "test": "official", "metric": "log_loss"}
    found = compare(data=data, teacher=QUICK, student=QUICK, protocol=protocol, out=tmp_path / "run")
    assert [(split.repeat, split.fold, split.test) for split in found.result.splits] == [(n, 0, 30) for n in range(3)]
    [comparison] = found.result.comparisons
    assert len(comparison.differences.values) == 3
    assert comparison.low < comparison.high


def test_a_whole_study_in_time(tmp_path: Path) -> None:
    inputs, labels = _rows(80, 1)
    data = {"inputs": inputs, "labels": labels, "times": np.arange(80.0)}
    found = compare(data=data, teacher=QUICK, student=QUICK, protocol={"folds": 3, "repeats": 2}, out=tmp_path)
    assert [split.train for split in found.result.splits] == [20, 40, 60] * 2
    [comparison] = found.result.comparisons
    design = statistics.windows([(20, 20), (20, 40), (20, 60)])
    assert (comparison.low, comparison.high) == statistics.interval(comparison.differences.values, design)
