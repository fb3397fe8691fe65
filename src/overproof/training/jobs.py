"""The jobs of the teach and train stages: train one cohort and commit its weights and history."""

from __future__ import annotations

import json

from overproof.models import weights
from overproof.plan import Cohort, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.training.checkpoint import Checkpoint
from overproof.training.cohorts import trained
from overproof.training.fitting import fit_and_ask, forget


def teach(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Train a teacher and commit its weights; or fit one, and commit what it says about every row."""
    if key in plan.fits:
        run.commit(f"teach/{key}", fit_and_ask(plan, run, key, watcher))
        forget(plan, run, key)
    else:
        _train(plan, run, f"teach/{key}", plan.teachers[key], watcher)


def train(plan: Plan, run: Run, key: str, watcher: Watcher) -> None:
    """Train a cohort of students, or of simple twins."""
    _train(plan, run, f"train/{key}", plan.students[key], watcher)


def _train(plan: Plan, run: Run, job: str, cohort: Cohort, watcher: Watcher) -> None:
    best, history = trained(plan, run, job, cohort, watcher)
    run.commit(
        job,
        {"weights.safetensors": weights.to_bytes(best), "history.json": json.dumps(history.as_json()).encode()},
    )
    Checkpoint(run, job).clear()
