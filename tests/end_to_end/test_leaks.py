"""Five leaks that make distillation look better than it is, planted in real data: each is found, or cannot happen."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from rich.console import Console
from safetensors.torch import load
from torch import Tensor, nn

import overproof
from overproof.data import splits
from overproof.data.dataset import Dataset, from_arrays, limited
from overproof.data.inputs import as_inputs
from overproof.doctor.finding import Finding
from overproof.evaluating.predictions import test_logits as logits_on_test_rows
from overproof.evaluating.scoring import score
from overproof.executors.in_process import InProcess
from overproof.executors.job import STAGES, jobs_of
from overproof.plan import Member, Plan
from overproof.progress import Watcher
from overproof.report import html, terminal
from overproof.report.markdown import markdown
from overproof.results import Results
from overproof.run import Run
from overproof.sources.digits import load as digits
from overproof.study import Protocol
from overproof.verbs.preparing import Given, prepare

Compared = Callable[..., Any]
History = dict[str, list[float]]
SMALL = {"model": "mlp", "width": 8, "training": {"epochs": 2}}


# 1. Duplicate rows


def with_copies() -> Dataset:
    """200 digits, 40 of them twice: under their label, under another one, or with the zeros negative; shuffled."""
    rows = limited(digits(), 200, seed=0)
    copied, labels = rows.inputs[:40].copy(), rows.labels[:40].copy()
    labels[20:30] = (labels[20:30] + 1) % 10
    copied[30:][copied[30:] == 0] = -0.0
    order = np.random.default_rng(0).permutation(240)
    return from_arrays(
        np.concatenate([rows.inputs, copied])[order], np.concatenate([rows.labels, labels])[order], "copies"
    )


def contents(data: Dataset, rows: NDArray[np.int64]) -> set[bytes]:
    """What stands in some rows, whatever their labels and places."""
    return {row.tobytes() for row in data.inputs[rows]}


@pytest.mark.parametrize(
    "protocol",
    [
        {"folds": 5, "repeats": 2, "student_rows": 0.5, "transfer": "train", "validation": 0.2},
        {"folds": 3, "teacher_rows": "all", "validation": 0.3},
    ],
)
def test_no_row_is_tested_on_or_validated_on_that_was_learnt_as_a_copy(protocol: dict[str, Any]) -> None:
    given = Given(data=with_copies(), teacher=SMALL, student=SMALL, protocol=protocol)
    plan = prepare(None, given, (), trust=False).plan
    for split in plan.splits:
        learnt = [split.student, split.transfer] + ([split.teacher] if "teacher_rows" not in protocol else [])
        for rows in (*learnt, split.student_validation):
            assert contents(plan.data, split.test).isdisjoint(contents(plan.data, rows))
        for rows in (split.student, split.transfer):
            assert contents(plan.data, split.student_validation).isdisjoint(contents(plan.data, rows))
        assert contents(plan.data, split.teacher).isdisjoint(contents(plan.data, split.teacher_validation))


def test_the_planted_copies_would_leak_if_they_were_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_copies()
    monkeypatch.setattr(splits, "duplicate_groups", lambda rows: np.arange(len(rows)))
    drawn = splits.make_splits(data, Protocol(folds=5))
    assert all(not contents(data, split.test).isdisjoint(contents(data, split.train)) for split in drawn)


def test_copies_are_counted_and_told(compared: Compared) -> None:
    found = compared(data=with_copies(), teacher=SMALL, student=SMALL, protocol={"folds": 3})
    assert found.result.data.duplicates == 40
    for text in shown(found).values():
        assert "40 rows repeat an earlier row exactly" in text


# 2. A teacher that was trained on test rows


def shown(found: Results) -> dict[str, str]:
    """Everything a reader may see of the results, with lines joined."""
    screen = io.StringIO()
    terminal.show(found, Console(file=screen, width=100))
    page = html.write(found, Path(found.measured.folder) / "again.html").read_text("utf-8")
    texts = {"terminal": screen.getvalue(), "markdown": markdown(found), "html": page}
    return {name: " ".join(text.split()) for name, text in texts.items()}


def brought(leak: str | None = None) -> dict[str, Any]:
    """A teacher from outside, and what is declared about it."""
    teacher: dict[str, Any] = {"model": nn.Sequential(nn.Flatten(), nn.Linear(64, 10))}
    return teacher if leak is None else {**teacher, "leak": leak}


@pytest.mark.parametrize(
    ("teacher", "protocol", "leak", "mark"),
    [
        (SMALL, {"teacher_rows": "all"}, "leaking", "leaking"),
        (brought(), {}, "unknown", "leak unknown"),
        (brought("leaking"), {}, "leaking", "leaking"),
        (brought("none"), {}, "none", None),
        (SMALL, {}, "none", None),
    ],
    ids=["trained on all rows", "brought", "declared leaking", "declared clean", "trained in every split"],
)
def test_a_teacher_that_may_have_seen_test_rows_is_marked_wherever_it_is_shown(
    compared: Compared, teacher: dict[str, Any], protocol: dict[str, Any], leak: str, mark: str | None
) -> None:
    found = compared("data.limit=200", data="digits", teacher=teacher, student=SMALL, protocol={"folds": 2, **protocol})
    written = json.loads((found.folder / "results.json").read_bytes())
    assert written["result"]["leak"] == found.result.leak == leak
    texts = shown(found)
    beside = {
        "terminal": rf"teacher \d[^│]*{mark}",
        "markdown": rf"\| teacher \*\*{mark}\*\* \|",
        "html": rf'<bdi>teacher</bdi> <span class="mark">{mark}</span>',
    }
    for name, text in texts.items():
        if mark is not None:
            assert re.search(beside[name], text), name
        else:
            assert "leak unknown" not in text
            assert "leaking" not in text.lower()


def test_the_command_line_says_that_the_teacher_is_leaking(cli: Callable[..., Any]) -> None:
    done = cli("compare", "--set", "protocol.teacher_rows=all")
    assert done.returncode == 0, done.stderr
    assert "leaking" in done.stdout
    assert "too good to be true" in " ".join(done.stdout.split())


# 3. Preprocessing fitted on all rows, and 5. selection on test rows: what stands in the test rows changes nothing


def normalised() -> nn.Module:
    """A student that measures its inputs while it is trained."""
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 10))


def plan_of(student: Any, settings: list[str]) -> Plan:
    """Three arms that choose their best epoch, and a student with transfer rows."""
    recipe = {"epochs": 12, "patience": 2, "learning_rate": 0.01, "batch_size": 8}
    given = Given(
        data=limited(digits(), 150, seed=0),
        teacher={"model": "mlp", "width": 16, "training": recipe},
        student={"model": student, "training": recipe},
        protocol={"folds": 3, "student_rows": 0.5, "transfer": "train", "validation": 0.2},
    )
    return prepare(None, given, settings, trust=False).plan


def altered(plan: Plan, rows: NDArray[np.int64], what: str) -> Plan:
    """The same plan with other contents, or other labels, in some rows.

    The splits stay: they are drawn by contents and labels, and would be others.
    """
    inputs, labels = plan.data.inputs.copy(), plan.data.labels.copy()
    if what == "contents":
        inputs[rows] = 100 * np.random.default_rng(1).standard_normal(inputs[rows].shape)
    else:
        labels[rows] = (labels[rows] + 1) % 10
    other = replace(plan, data=Dataset("altered", inputs, labels, plan.data.ids, plan.data.classes))
    vars(other)["drawn"] = plan.drawn
    return other


def carried_out(plan: Plan, folder: Path) -> Run:
    """Every job of the plan, done."""
    run = Run.claim(folder, {})
    InProcess(plan, run, Watcher()).perform([job for stage in STAGES for job in jobs_of(plan, stage)])
    return run


def learnt(plan: Plan, run: Run, member: Member) -> tuple[dict[str, Tensor], History]:
    """A member's weights, and its losses by epoch with the epoch that was chosen."""
    cohort, row = plan.place_of(member)
    job = f"{'teach' if member.arm == 'teacher' else 'train'}/{cohort}"
    state = load(run.read(job, "weights.safetensors"))
    history = json.loads(run.read(job, "history.json"))
    best = [history.pop("best_epoch")[row]]
    losses = {name: [epoch[row] for epoch in epochs] for name, epochs in history.items()}
    return {name: tensor[row] for name, tensor in state.items()}, {**losses, "best epoch": best}


def same(one: tuple[dict[str, Tensor], History], other: tuple[dict[str, Tensor], History]) -> bool:
    """Whether two members have learnt the same, to the bit.

    A cohort goes on until its last member has ended, so the losses of a member may be told for longer than it learns.
    """
    (weights, history), (others, told) = one, other
    shared = min(len(history["hard"]), len(told["hard"]))
    return all(torch.equal(tensor, others[name]) for name, tensor in weights.items()) and all(
        losses[:shared] == told[name][:shared] for name, losses in history.items()
    )


@pytest.mark.parametrize("what", ["contents", "labels"])
@pytest.mark.parametrize(
    ("student", "settings"),
    [("mlp", []), (normalised, ["run.cohorts=separate", 'views.augment=["mixup"]', "views.count=2"])],
    ids=["stacked", "separate, batch norm, mixup"],
)
def test_nothing_that_a_member_learns_depends_on_its_test_rows(
    tmp_path: Path, student: Any, settings: list[str], what: str
) -> None:
    plan = plan_of(student, settings)
    split, another = plan.splits[0], plan.splits[1]
    other = altered(plan, split.test, what)
    run, after = carried_out(plan, tmp_path / "before"), carried_out(other, tmp_path / "after")
    for arm in ("teacher", "simple", "student"):
        mine, theirs = Member(arm, split), Member(arm, another)
        assert same(learnt(plan, run, mine), learnt(other, after, mine)), arm
        assert not same(learnt(plan, run, theirs), learnt(other, after, theirs)), "it does learn from these rows"


def test_labels_of_test_rows_are_read_by_scoring_alone(tmp_path: Path) -> None:
    plan = plan_of("mlp", [])
    other = altered(plan, plan.splits[0].test, "labels")
    run, after = carried_out(plan, tmp_path / "before"), carried_out(other, tmp_path / "after")
    for arm, before, then in zip(("teacher", "simple", "student"), score(plan, run), score(other, after), strict=True):
        member = Member(arm, plan.splits[0])
        assert np.array_equal(logits_on_test_rows(plan, run, member), logits_on_test_rows(other, after, member))
        assert before.scores["accuracy"].values[0] != then.scores["accuracy"].values[0]


def values(kind: str) -> NDArray[Any]:
    """Rows of very different sizes: whatever were fitted on all of them would show."""
    random = np.random.default_rng(0)
    if kind == "pixels":
        return (random.integers(0, 256, (12, 8, 8)) // np.arange(1, 13)[:, None, None]).astype(np.uint8)
    if kind == "whole numbers":
        return random.integers(-9, 9, (12, 5)) * 10 ** np.arange(12)[:, None] // 10**6
    return random.standard_normal((12, 3, 8, 8)) * 10.0 ** np.arange(12)[:, None, None, None]


@pytest.mark.parametrize("kind", ["pixels", "whole numbers", "images"])
def test_a_row_is_read_the_same_whoever_stands_beside_it(kind: str) -> None:
    rows = values(kind)
    together = from_arrays(rows, np.arange(12) % 2, "rows").inputs
    assert np.array_equal(together, np.concatenate([as_inputs(row[np.newaxis]) for row in rows]))


# 4. Labels in the features


def with_labels_inside() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Noise, except that one of twelve columns is the label in disguise."""
    random = np.random.default_rng(0)
    labels = random.permutation(np.arange(400) % 4)
    inputs = random.standard_normal((400, 12))
    inputs[:, 7] = 5 - 3 * labels
    return inputs, labels


def test_the_examination_finds_the_label_among_the_features() -> None:
    inputs, labels = with_labels_inside()
    (found,) = [each for each in examined(inputs, labels) if each.check == "labels in features"]
    assert found.evidence.startswith("Feature [7] alone tells the label of 100.0 % of 400 rows")


def test_the_examination_finds_nothing_where_the_label_is_not_among_them() -> None:
    inputs, labels = with_labels_inside()
    assert not [each for each in examined(np.delete(inputs, 7, axis=1), labels) if each.check == "labels in features"]


def examined(inputs: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Finding]:
    """What ``overproof check`` says of some rows."""
    return overproof.check(data=(inputs, labels), teacher=SMALL, student=SMALL, protocol={"folds": 2})
