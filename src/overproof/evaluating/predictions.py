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
    """Predict the test rows of every member of a cohort of students; the only job that touches them."""
    del watcher  # soon over
    cohort = plan.students[key]
    state = weights.from_bytes(run.read(f"train/{key}", "weights.safetensors"), f"train/{key}")
    files = {}
    for index, member in enumerate(cohort.members):
        module = cohort.architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")
        weights.load_into(module, {name: tensor[index] for name, tensor in state.items()}, f"train/{key}")
        test = member.split.test
        with one_thread():
            logits = predict(module, plan.data.inputs[test], plan.data.ids[test], resolve(plan.study.run.device))
        buffer = io.BytesIO()
        np.save(buffer, logits, allow_pickle=False)
        files[f"{member.key}.npy"] = buffer.getvalue()
    run.commit(f"evaluate/{key}", files)


def test_logits(plan: Plan, run: Run, member: Member) -> NDArray[np.float32]:
    """A member's logits on its test rows, shape [test rows, classes]; a teacher's come from its soft targets."""
    if member.arm == "teacher":
        return soft_targets(run, plan.teacher_of(member.split))[member.split.test]
    key = plan.cohort_of(member)
    return np.load(io.BytesIO(run.read(f"evaluate/{key}", f"{member.key}.npy")), allow_pickle=False)  # type: ignore[no-any-return]
