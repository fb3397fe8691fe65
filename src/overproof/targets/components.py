"""What soft targets depend on: the named components of their key. Another value of any of them is another key."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from overproof import storage
from overproof.device import resolve
from overproof.models.inference import BATCH
from overproof.plan import Member, Plan
from overproof.targets import codecs
from overproof.targets.fingerprint import code_digest, weights_digest
from overproof.targets.recording import Recording, rows_per_shard
from overproof.targets.store import SCHEMA


def recording_of(plan: Plan, teacher: nn.Module, key: str) -> Recording:
    """What there is to record of a teacher's logits.

    Labels, row ids and where the rows came from are no components: the teacher sees none of them.

    Args:
        plan: its data and study.
        teacher: with the weights it answers with.
        key: of the recording, as in :attr:`Plan.targets`.
    """
    shape, device = (len(plan.data.classes),), resolve(plan.study.run.device)
    codec = codecs.codec(plan.study.targets, shape)
    items = len(plan.data) * plan.count
    per_shard = rows_per_shard(items, codec.stored(shape).itemsize, BATCH)
    components = {
        "schema": SCHEMA,
        "weights": weights_digest(teacher),
        "code": code_digest(teacher),
        "rows": {"count": len(plan.data), "digest": storage.digest(plan.data.row_digests().tobytes())},
        "views": _views(plan, key),
        "outputs": {"kind": "logits", "shape": list(shape)},
        "codec": codec.facts,
        "precision": f"float32, matrix products {torch.get_float32_matmul_precision()}",
        "device": device.type,
        "processor": _processor(device),
        "torch": torch.__version__,
        "batch": BATCH,
        "shard": per_shard,
    }
    return Recording(str(plan.teacher), components, items, shape, codec, per_shard, BATCH)


def _views(plan: Plan, key: str) -> dict[str, Any]:
    """What decides the pixels beside the rows: ids, which key the draws, and training rows where views use them."""
    if plan.views is None:
        return {"count": 1}
    facts = {**plan.views.describe(), "ids": storage.digest(plan.data.ids.tobytes())}
    if plan.views.needs_training_rows:
        facts["training"] = storage.digest(Member("student", plan.targets[key].split).rows.train.tobytes())
    return facts


def _processor(device: torch.device) -> str:
    """What decides the last bits on a device: the instruction set of a CPU, the model of a GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return torch.backends.cpu.get_cpu_capability() if device.type == "cpu" else device.type
