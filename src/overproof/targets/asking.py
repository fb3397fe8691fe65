"""Asking a teacher, whatever it is: a network, a voice, or what a fitted one has said already."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from overproof import storage
from overproof.data.viewer import Viewer
from overproof.device import resolve
from overproof.models.inference import placed, predict
from overproof.plan import Member, Plan
from overproof.run import Run
from overproof.targets.fingerprint import code_digest, weights_digest
from overproof.teachers.teacher import Shown, Voice

#: Items: item i is view i mod count of row i div count.
Items = NDArray[np.int64]
Answer = Callable[[Items], NDArray[np.float32]]

#: Items that a voice is asked about at a time.
CHUNK = 4096


@dataclass(frozen=True)
class Asked:
    """A teacher to be asked about items."""

    components: dict[str, Any]
    """What its answers depend on beside the rows, as JSON values."""
    answer: Answer
    """Soft targets [items, outputs]."""
    module: nn.Module | None = None
    """Where it is a network."""

    @contextmanager
    def ready(self, device: torch.device) -> Iterator[None]:
        """Keep a network on the device while it is asked."""
        if self.module is None:
            yield
            return
        with placed(self.module, device):
            yield


def network(plan: Plan, key: str, module: nn.Module) -> Asked:
    """A network, asked about the views that the students of ``key`` see."""
    device = resolve(plan.study.run.device)
    inputs, ids = shown(plan, key, device), plan.data.ids.repeat(plan.count)
    components = {
        "weights": weights_digest(module),
        "code": code_digest(module),
        "precision": f"float32, matrix products {torch.get_float32_matmul_precision()}",
        "device": device.type,
        "processor": _processor(device),
    }
    return Asked(components, lambda items: predict(module, inputs(items), ids[items], device), module)


def voice(plan: Plan, run: Run, key: str, teacher: Voice) -> Asked:
    """A voice, asked about the same."""
    known = teacher.components()
    facts = {"voice": known} if known is not None else {"run": _name_of(run)}
    # it may look at texts, names of columns or names of rows, beside the inputs
    seen = storage.digest(json.dumps(plan.data.facts(), sort_keys=True).encode())
    components = {**facts, "seen": seen, "processor": _processor(torch.device("cpu"))}
    return Asked(components, answers_of(plan, key, teacher))


def answers_of(plan: Plan, key: str, teacher: Voice) -> Answer:
    """What a voice says about items, asked in portions of constant memory."""
    inputs = shown(plan, key, torch.device("cpu"))

    def answer(items: Items) -> NDArray[np.float32]:
        parts = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
        return np.concatenate(
            [teacher.answer(Shown(plan.data, part // plan.count, inputs(part))) for part in parts], dtype=np.float32
        )

    return answer


def said(data: bytes) -> Asked:
    """A teacher that was fitted, and committed its answers about all items as an NPY file."""
    answers: NDArray[np.float32] = np.load(io.BytesIO(data), allow_pickle=False)
    return Asked({"answers": storage.digest(data)}, answers.__getitem__)


def shown(plan: Plan, key: str, device: torch.device) -> Callable[[Items], NDArray[Any]]:
    """The inputs of items, as the students of ``key`` will see them."""
    if plan.views is None:
        return plan.data.inputs.__getitem__
    training = [Member("student", plan.targets[key].split).rows.train]
    viewer = Viewer.of(plan.views, torch.from_numpy(plan.data.inputs).to(device), plan.data.ids, training)

    def show(items: Items) -> NDArray[Any]:
        rows, which = (torch.from_numpy(part).to(device).unsqueeze(0) for part in divmod(items, plan.count))
        return viewer.show(rows, which).inputs[0].cpu().numpy()

    return show


def _name_of(run: Run) -> str:
    """A name that no other run has: what cannot be told from other teachers is kept for this run alone."""
    file = run.folder / "name"
    if not file.exists():
        storage.commit(file, np.random.default_rng().bytes(16).hex().encode())
    return storage.read(file).decode()


def _processor(device: torch.device) -> str:
    """What decides the last bits on a device: the instruction set of a CPU, the model of a GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return torch.backends.cpu.get_cpu_capability() if device.type == "cpu" else device.type
