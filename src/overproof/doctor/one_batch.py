"""One batch: a student that cannot learn a handful of rows by heart cannot learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overproof.device import one_thread, resolve, seed
from overproof.doctor.answers import built
from overproof.doctor.finding import Finding
from overproof.models.architecture import logits_of
from overproof.plan import Plan
from overproof.randomness import key
from overproof.study import Training
from overproof.training.optimisation import optimiser

ROWS, STEPS = 32, 200
#: A student that does not look at its input gets down to the entropy of the labels and never below; one that does
#: is far below after so many steps.
ENOUGH = 0.8


def one_batch(plan: Plan) -> Iterator[Finding]:
    """Train a fresh student on one batch, with AdamW at the study's learning rate, and at 0.01 if that fails."""
    rows = plan.splits[0].student[:ROWS]
    entropy = _blind(plan, plan.data.labels[rows])
    if entropy == 0:
        return
    rates = (plan.study.student.training.learning_rate, 0.01)
    losses = [_least_loss(plan, rows, rate, ENOUGH * entropy) for rate in rates]
    if min(losses) >= ENOUGH * entropy:
        lowest, highest = (measure(plan.data.inputs) for measure in (np.nanmin, np.nanmax))
        yield Finding(
            "one batch",
            "error",
            f"After {STEPS} steps on the same {len(rows)} rows the student's hard loss is still {min(losses):.3g}; "
            f"without looking at the rows it would be {entropy:.3g}.",
            "See that its output depends on its input, that gradients reach its weights (no detach, no no_grad), and "
            f"that inputs are of moderate size (here {lowest:.3g} … {highest:.3g}).",
        )


def _blind(plan: Plan, labels: NDArray[Any]) -> float:
    """The hard loss of who says of every row what suits all of them best; of values, in units of their deviation."""
    if plan.task.name == "regression":
        return float((labels.std(axis=0) > 0).mean())
    shares = np.bincount(labels) / len(labels) if plan.task.classifies else np.stack((labels, 1 - labels)).mean(axis=1)
    entropies = -np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1)), 0)
    return float(entropies.sum()) if plan.task.classifies else float(entropies.sum(axis=0).mean())


def _least_loss(plan: Plan, rows: NDArray[np.int64], rate: float, enough: float) -> float:
    """The smallest hard loss of a student trained on ``rows`` alone, in nats; no smaller than need be."""
    device = resolve(plan.study.run.device)
    student = built(plan, "student").to(device)
    inputs, labels = (torch.from_numpy(part[rows]).to(device) for part in (plan.data.inputs, plan.data.labels))
    deviation = labels.std(dim=0, correction=0) if plan.task.name == "regression" else None

    def hard(said: Tensor) -> Tensor:
        if deviation is None:
            return plan.task.hard(said, labels).mean()
        unit = torch.where(deviation > 0, deviation, 1)
        return plan.task.hard(said / unit, labels / unit).mean()

    weights = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimise, least = optimiser(weights, Training(weight_decay=0.0)), float("inf")
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())), one_thread():
        seed(device, key(plan.study.protocol.seed, "one batch"))
        for _ in range(STEPS):
            loss = hard(logits_of(student(inputs)))
            least = min(least, float(loss.detach()))
            if least < enough or not loss.requires_grad:
                break
            loss.backward()  # type: ignore[no-untyped-call]
            optimise.step(rate)
    return least
