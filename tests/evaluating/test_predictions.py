"""What is kept of every member: test rows and validation rows, and never a row it was trained on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from overproof.evaluating.predictions import evaluate, first_repeat, validation_logits, validation_rows
from overproof.evaluating.predictions import test_logits as logits_of
from overproof.models import weights
from overproof.models.inference import predict
from overproof.plan import Member
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.record import soft_targets
from overproof.verbs.compare import compare
from overproof.verbs.preparing import Prepared, prepare
from tests.evaluating.conftest import GIVEN, SETTINGS

ARMS = ("teacher", "simple", "student")


def test_a_job_keeps_two_files_of_every_member_and_no_other(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    files = {file for key in (*plan.students, *plan.targets) for file in run.files(f"evaluate/{key}")}
    keys = [Member(arm, split).key for arm in ARMS for split in plan.splits]
    assert files == {f"{key}{part}.npy" for key in keys for part in ("", "-validation")}


@pytest.mark.usefixtures("with_its_store")
def test_evaluating_again_gives_the_same_bytes(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    for key in (next(iter(plan.students)), next(iter(plan.targets))):
        manifest = run.folder / "evaluate" / key / "manifest.json"
        before = manifest.read_bytes()
        evaluate(plan, run, key, Watcher())
        assert manifest.read_bytes() == before


@pytest.mark.parametrize("arm", ARMS)
def test_validation_rows_are_neither_trained_on_nor_tested_on(carried_out: tuple[Prepared, Run], arm: str) -> None:
    for split in carried_out[0].plan.splits:
        member = Member(arm, split)
        rows = validation_rows(member)
        assert len(rows)
        assert not np.isin(rows, member.rows.train).any()
        assert not np.isin(rows, split.test).any()


def test_a_teacher_of_all_rows_is_scaled_on_none_of_the_test_rows() -> None:
    assert GIVEN.protocol is not None
    given = dataclasses.replace(GIVEN, protocol={**GIVEN.protocol, "teacher_rows": "all"})
    plan = prepare(None, given, SETTINGS, trust=False).plan
    kept_out = plan.splits[0].teacher_validation
    assert any(np.isin(split.test, kept_out).any() for split in plan.splits), "there is something to leave out"
    for split in plan.splits:
        rows = validation_rows(Member("teacher", split))
        assert len(rows)
        assert set(rows) == set(kept_out) - set(split.test)


def test_a_student_says_what_its_weights_say(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    member = Member("student", plan.splits[4])
    key, row = plan.place_of(member)
    state = weights.from_bytes(run.read(f"train/{key}", "weights.safetensors"), key)
    module = plan.student.fresh(plan.data.shape, len(plan.data.classes), "shape only")
    weights.load_into(module, {name: tensor[row] for name, tensor in state.items()}, key)
    for rows, kept in (
        (member.split.test, logits_of(plan, run, member)),
        (member.split.student_validation, validation_logits(plan, run, member)),
    ):
        said = predict(module, plan.data.inputs[rows], plan.data.ids[rows], torch.device("cpu"))
        np.testing.assert_array_equal(kept, said)


@pytest.mark.usefixtures("with_its_store")
def test_a_teacher_says_what_the_store_says(carried_out: tuple[Prepared, Run]) -> None:
    plan, run = carried_out[0].plan, carried_out[1]
    member = Member("teacher", plan.splits[4])
    told = soft_targets(plan, run, plan.teacher_of(member.split))
    np.testing.assert_array_equal(logits_of(plan, run, member), told.at(member.split.test))
    np.testing.assert_array_equal(validation_logits(plan, run, member), told.at(member.split.teacher_validation))


def test_without_validation_rows_nothing_is_kept_of_them(tmp_path: Path) -> None:
    settings = [*SETTINGS, "protocol.validation=0", "protocol.repeats=1"]
    found = compare(
        data=GIVEN.data,
        teacher=GIVEN.teacher,
        student=GIVEN.student,
        protocol=GIVEN.protocol,
        settings=settings,
        out=tmp_path / "run",
    )
    assert not list((found.folder / "evaluate").rglob("*validation*"))
    for arm in found.result.arms:
        assert arm.calibration is not None
        assert arm.calibration.scaling is None
        why = "there are no validation rows to fit a temperature on (protocol.validation = 0)"
        assert arm.calibration.why_unscaled == why
        assert sum(each.rows for each in arm.calibration.bins) == 240


def test_the_first_repeat_is_every_row_once(carried_out: tuple[Prepared, Run]) -> None:
    plan = carried_out[0].plan
    rows = first_repeat(plan, [split.test for split in plan.splits])
    assert sorted(rows) == list(range(240))
    assert rows.tolist() == np.concatenate([split.test for split in plan.splits[:3]]).tolist()
