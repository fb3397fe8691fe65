"""The job of the evaluate stage: what a cohort says about its test rows, row by row, and about its validation rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overproof.device import one_thread, resolve
from overproof.models import weights
from overproof.models.inference import predict
from overproof.plan import Member, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.record import soft_targets


def evaluate(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Say what every member of a cohort of students, or one teacher, says about its test rows; nobody else looks there.

    Its validation rows, where it has any, come with them: temperatures are fitted there. Students predict. What the
    teacher says is in the soft-target store, and is copied into the run, which keeps it.
    """
    del watcher  # soon over
    run.commit(f"evaluate/{key}", _of_teacher(plan, run, key) if key in plan.targets else _of_students(plan, run, key))


def validation_rows(member: Member) -> NDArray[np.int64]:
    """Rows that a member was not trained on and is not tested on, as positions; often none.

    A student's are the validation rows it shares with simple. A teacher's are its own: it was trained on most of the
    students'. One teacher for all splits may have kept out rows that a split tests on; they are left out here.
    """
    return np.setdiff1d(member.rows.validation, member.split.test)


def _of_teacher(plan: Plan, run: Run, key: str) -> dict[str, bytes]:
    targets = soft_targets(plan, run, key)
    files = {}
    for split in plan.drawn:
        if plan.teacher_of(split) == key:
            member = Member("teacher", split)
            for name, rows in _wanted(member).items():
                files[name] = _npy(targets.at(rows * plan.count))  # view 0 of a row is the row itself
    return files


def _of_students(plan: Plan, run: Run, key: str) -> dict[str, bytes]:
    cohort = plan.students[key]
    state = weights.from_bytes(run.read(f"train/{key}", "weights.safetensors"), f"train/{key}")
    device = resolve(plan.study.run.device)
    files = {}
    for index, member in enumerate(cohort.members):
        module = cohort.architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")
        weights.load_into(module, {name: tensor[index] for name, tensor in state.items()}, f"train/{key}")
        for name, rows in _wanted(member).items():
            with one_thread():
                logits = predict(module, plan.data.inputs[rows], plan.data.ids[rows], device)
            files[name] = _npy(logits)
    return files


def _wanted(member: Member) -> dict[str, NDArray[np.int64]]:
    """The rows a member is asked about, by the file that holds its answers."""
    validation = validation_rows(member)
    files = {_test_file(member): member.split.test}
    return {**files, _validation_file(member): validation} if len(validation) else files


def _test_file(member: Member) -> str:
    return f"{member.key}.npy"


def _validation_file(member: Member) -> str:
    return f"{member.key}-validation.npy"


def _npy(logits: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, logits, allow_pickle=False)
    return buffer.getvalue()


def test_logits(plan: Plan, run: Run, member: Member) -> NDArray[np.float32]:
    """A member's logits on its test rows, shape [test rows, classes]."""
    return _read(plan, run, member, _test_file(member))


def validation_logits(plan: Plan, run: Run, member: Member) -> NDArray[np.float32]:
    """A member's logits on its :func:`validation_rows`, shape [validation rows, classes]; there must be some.

    Raises:
        StorageError: when there are none.
    """
    return _read(plan, run, member, _validation_file(member))


def _read(plan: Plan, run: Run, member: Member, file: str) -> NDArray[np.float32]:
    key = plan.teacher_of(member.split) if member.arm == "teacher" else plan.place_of(member)[0]
    return np.load(io.BytesIO(run.read(f"evaluate/{key}", file)), allow_pickle=False)  # type: ignore[no-any-return]


def first_repeat(plan: Plan, by_split: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Test rows of the first repeat, in which every row of the data is tested once.

    Args:
        plan: says which splits these are.
        by_split: something about the test rows of every split, each [test rows, ...].

    Returns:
        [rows, ...], in the order of the splits.
    """
    return np.concatenate([own for own, split in zip(by_split, plan.splits, strict=True) if split.repeat == 0])
