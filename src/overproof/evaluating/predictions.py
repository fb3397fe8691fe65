"""The job of the evaluate stage: what a cohort says about its test rows, row by row."""

from __future__ import annotations

import io

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

    Students predict. What the teacher says is in the soft-target store, and is copied into the run, which keeps it.
    """
    del watcher  # soon over
    run.commit(f"evaluate/{key}", _of_teacher(plan, run, key) if key in plan.targets else _of_students(plan, run, key))


def _of_teacher(plan: Plan, run: Run, key: str) -> dict[str, bytes]:
    targets = soft_targets(plan, run, key)
    served = [split for split in plan.splits if plan.teacher_of(split) == key]
    return {f"{Member('teacher', split).key}.npy": _npy(targets.at(split.test * plan.count)) for split in served}


def _of_students(plan: Plan, run: Run, key: str) -> dict[str, bytes]:
    cohort = plan.students[key]
    state = weights.from_bytes(run.read(f"train/{key}", "weights.safetensors"), f"train/{key}")
    files = {}
    for index, member in enumerate(cohort.members):
        module = cohort.architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")
        weights.load_into(module, {name: tensor[index] for name, tensor in state.items()}, f"train/{key}")
        test = member.split.test
        with one_thread():
            logits = predict(module, plan.data.inputs[test], plan.data.ids[test], resolve(plan.study.run.device))
        files[f"{member.key}.npy"] = _npy(logits)
    return files


def _npy(logits: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, logits, allow_pickle=False)
    return buffer.getvalue()


def test_logits(plan: Plan, run: Run, member: Member) -> NDArray[np.float32]:
    """A member's logits on its test rows, shape [test rows, classes]."""
    key = plan.teacher_of(member.split) if member.arm == "teacher" else plan.place_of(member)[0]
    return np.load(io.BytesIO(run.read(f"evaluate/{key}", f"{member.key}.npy")), allow_pickle=False)  # type: ignore[no-any-return]
