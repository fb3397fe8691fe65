"""How a run reaches a worker: the study and the rows, written into the run folder and read back."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from overproof import casting
from overproof.data.dataset import Dataset
from overproof.models.architecture import Architecture
from overproof.plan import Plan
from overproof.run import Run
from overproof.sources import mapped
from overproof.study import Study
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.teacher import Apprentice

_JOB = "handover"


def hand_over(plan: Plan, run: Run) -> None:
    """Write what a worker needs; discarded when the run is complete."""
    facts = {
        "name": plan.data.name,
        "data": plan.data.facts(),
        "mapped": mapped.file_of(plan.data.inputs),
        "study": plan.study.model_dump(mode="json"),
        "trains_teacher": plan.trains_teacher,
        "counted": plan.equal_epochs if plan.study.controls else None,
    }
    arrays = io.BytesIO()
    # rows that were too many for memory lie in a file already, which every worker maps for itself
    inputs = {} if facts["mapped"] is not None else {"inputs": plan.data.inputs}
    np.savez(arrays, **inputs, **plan.data.arrays(), allow_pickle=False)
    run.commit(_JOB, {"facts.json": json.dumps(facts).encode(), "rows.npz": arrays.getvalue()})


def take_over(run: Run) -> Plan:
    """The plan that was handed over.

    The models are looked up again by name; a study that names code was trusted by whoever started the run.
    """
    facts = json.loads(run.read(_JOB, "facts.json"))
    study = Study.model_validate(facts["study"])
    with np.load(io.BytesIO(run.read(_JOB, "rows.npz")), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    inputs = arrays.pop("inputs") if facts["mapped"] is None else mapped.opened(Path(facts["mapped"]))
    data = Dataset.of(facts["name"], facts["data"], inputs, arrays)
    student = casting.student(None, study.student, data, True, study.data.tokenizer)
    # a teacher that was brought is asked by its owner alone, so here any architecture may stand for it
    teacher: Architecture | Apprentice | Ensemble = student
    if facts["trains_teacher"]:
        teacher = casting.teacher(None, study.teacher, data, True, study.data.tokenizer)[0]
    return Plan(study, data, teacher, student, facts["trains_teacher"], counted=facts["counted"])


def discard(run: Run) -> None:
    """Remove what was handed over."""
    run.discard(_JOB)
