"""What soft targets depend on: the named components of their key. Another value of any of them is another key."""

from __future__ import annotations

from typing import Any

import torch

from overproof import storage
from overproof.models.inference import BATCH
from overproof.plan import Member, Plan
from overproof.targets import codecs
from overproof.targets.asking import Asked
from overproof.targets.recording import Recording, rows_per_shard
from overproof.targets.store import SCHEMA


def recording_of(plan: Plan, teacher: Asked, key: str) -> Recording:
    """What there is to record of a teacher's answers.

    Labels, row ids and where the rows came from are no components: the teacher sees none of them.

    Args:
        plan: its data and study.
        teacher: who answers.
        key: of the recording, as in :attr:`Plan.targets`.
    """
    shape = (len(plan.data.classes),)
    codec = codecs.codec(plan.study.targets, shape)
    items = len(plan.data) * plan.count
    per_shard = rows_per_shard(items, codec.stored(shape).itemsize, BATCH)
    components = {
        "schema": SCHEMA,
        **teacher.components,
        "rows": {"count": len(plan.data), "digest": storage.digest(plan.data.row_digests().tobytes())},
        "views": _views(plan, key),
        "outputs": {"kind": "values" if plan.data.task == "regression" else "logits", "shape": list(shape)},
        "codec": codec.facts,
        "torch": torch.__version__,
        "batch": BATCH,
        "shard": per_shard,
    }
    return Recording(plan.teacher_name, components, items, shape, codec, per_shard, BATCH)


def _views(plan: Plan, key: str) -> dict[str, Any]:
    """What decides the pixels beside the rows: ids, which key the draws, and training rows where views use them."""
    if plan.views is None:
        return {"count": 1}
    facts = {**plan.views.describe(), "ids": storage.digest(plan.data.ids.tobytes())}
    if plan.views.needs_training_rows:
        facts["training"] = storage.digest(Member("student", plan.targets[key].split).rows.train.tobytes())
    return facts
