"""The job of the record stage: see that the store holds what a teacher says about all rows, and note where.

The run keeps a small pointer, ``store.json``: the key, its components, and how well a sample of rows agreed with the
teacher when it was asked again. The soft targets themselves are shared by all runs that need the same.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
from torch import nn

from overproof.device import one_thread, resolve
from overproof.errors import StorageError
from overproof.models import weights
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets import asking, codecs, store
from overproof.targets.asking import Asked
from overproof.targets.checking import check, sample
from overproof.targets.components import recording_of
from overproof.targets.reading import Targets
from overproof.targets.recording import fill
from overproof.targets.store import Entry
from overproof.teachers.teacher import Voice

_POINTER = "store.json"
#: What the job of a teacher that is fitted in one go commits.
ANSWERS, NOTES = "answers.npy", "notes.json"


def record(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Record what one teacher says about all rows, unless the store has it; only ``evaluate`` reads the test rows.

    Raises:
        StorageError: when the disk cannot hold it, or the store does not say what the teacher says.
    """
    teacher, device = _asked(plan, run, key), resolve(plan.study.run.device)
    recording = recording_of(plan, teacher, key)
    if not recording.entry.manifest_file.exists():
        why = store.missing(recording.components, recording.teacher, any_weights=not plan.trains_teacher)
        watcher.say(why) if why is not None else None
    # a teacher that was brought is recorded by one job, which may have all cores
    threads = one_thread() if plan.trains_teacher else contextlib.nullcontext()
    with threads, teacher.ready(device):
        entry = fill(recording, lambda start, stop: teacher.answer(np.arange(start, stop)), watcher.say)
        targets = Targets(entry, recording.shape, recording.codec)
        rows = sample(plan.study.protocol.seed, plan.data.ids)
        items = rows * plan.count + np.arange(len(rows)) % plan.count
        names, values = plan.data.ids.repeat(plan.count), plan.data.task == "regression"
        similarity = check(targets, recording.codec, teacher.answer, items, names, values=values)
    pointer = {"key": entry.key, "components": recording.components, "check": similarity}
    run.commit(f"record/{key}", {_POINTER: json.dumps(pointer, indent=2, sort_keys=True).encode()})


def recorded(plan: Plan, run: Run, key: str) -> bool:
    """Whether the record job of a teacher is done and the store still has, whole, exactly what it would record now."""
    try:
        entry = Entry(_pointer(run, key)["key"])
        return entry.key == recording_of(plan, _asked(plan, run, key), key).entry.key and entry.complete()
    except StorageError:
        return False


def soft_targets(plan: Plan, run: Run, teacher: str) -> Targets:
    """What a teacher said about every row of the data.

    Raises:
        StorageError: when the store has lost it; the record stage of the next attempt sees to that.
    """
    shape = (len(plan.data.classes),)
    return Targets(Entry(_pointer(run, teacher)["key"]), shape, codecs.codec(plan.study.targets, shape))


def store_check(plan: Plan, run: Run) -> float:
    """Least cosine similarity between what the store says and what the teachers said when asked again."""
    return min(float(_pointer(run, key)["check"]) for key in plan.targets)


def trained(plan: Plan, run: Run, key: str) -> nn.Module:
    """A teacher of the teach stage, with its best weights."""
    module = plan.network("teacher")
    assert module is not None
    cohort, row = plan.place_of(plan.targets[key])
    state = weights.from_bytes(run.read(f"teach/{cohort}", "weights.safetensors"), f"teach/{cohort}")
    weights.load_into(module, {name: tensor[row] for name, tensor in state.items()}, f"teach/{cohort}")
    return module


def _asked(plan: Plan, run: Run, key: str) -> Asked:
    if plan.fits_teacher:
        return asking.said(run.read(f"teach/{key}", ANSWERS))
    if isinstance(plan.brought, Voice):
        return asking.voice(plan, run, key, plan.brought)
    return asking.network(plan, key, plan.brought if plan.brought is not None else trained(plan, run, key))


def _pointer(run: Run, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.read(f"record/{key}", _POINTER))
    return found
