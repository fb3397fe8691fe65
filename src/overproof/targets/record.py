"""The job of the record stage: run a teacher once over every row and keep its logits."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from torch import nn

from overproof.device import one_thread, resolve
from overproof.models import weights
from overproof.models.inference import predict
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run


def record(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Record what one teacher says about all rows; only ``evaluate`` reads what it says about test rows."""
    del watcher  # one pass, soon over
    device = resolve(plan.study.run.device)
    teacher = plan.brought if plan.brought is not None else trained(plan, run, key)
    with one_thread():
        logits = predict(teacher, plan.data.inputs, plan.data.ids, device)
    buffer = io.BytesIO()
    np.save(buffer, logits, allow_pickle=False)
    run.commit(f"record/{key}", {"logits.npy": buffer.getvalue()})


def soft_targets(run: Run, teacher: str) -> NDArray[np.float32]:
    """The recorded logits of a teacher, shape [rows, classes]."""
    return np.load(io.BytesIO(run.read(f"record/{teacher}", "logits.npy")), allow_pickle=False)  # type: ignore[no-any-return]


def trained(plan: Plan, run: Run, key: str) -> nn.Module:
    """A teacher of the teach stage, with its best weights."""
    module = plan.teacher.fresh(plan.data.shape, len(plan.data.classes), "shape only")
    state = weights.from_bytes(run.read(f"teach/{key}", "weights.safetensors"), f"teach/{key}")
    weights.load_into(module, {name: tensor[0] for name, tensor in state.items()}, f"teach/{key}")
    return module
