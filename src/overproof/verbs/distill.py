"""The final fit: one student, trained on every labelled row, to be used; nothing is compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from overproof import __version__, storage, study_file
from overproof.errors import StorageError
from overproof.executors.in_process import InProcess
from overproof.executors.job import jobs_of
from overproof.models import weights
from overproof.models.fitted import Fitted
from overproof.plan import Cohort, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.study import Study
from overproof.verbs.preparing import Given, Prepared, prepare

#: The student in the run folder: its weights, and what is needed to build the module that they belong to.
WEIGHTS, DESCRIPTION = "student.safetensors", "student.json"


@dataclass(frozen=True)
class Distilled:
    """A student that is ready for use."""

    student: nn.Module
    """In eval mode. It takes rows as the data have them; encoding, and the unit of values, are inside it."""
    classes: tuple[str, ...]
    """What its outputs are about: classes, labels or values."""
    task: str
    folder: Path
    """The run folder."""
    history: Mapping[str, Any]
    """Its losses by epoch: ``hard``, ``soft`` and ``validation``; and ``best_epoch``, from 0, whose weights it has."""


def distill(
    study: str | Path | Study | None = None,
    *,
    data: Any = None,
    teacher: Any = None,
    student: Any = None,
    method: Any = None,
    protocol: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    settings: Iterable[str] = (),
    out: str | Path | None = None,
    trust_study: bool = False,
    watcher: Watcher | None = None,
) -> Distilled:
    """Train the first student of a study on every labelled row, for use.

    Nobody is tested: teacher and student learn from all labelled rows but the student's validation rows, and the
    student from unlabelled rows besides. Rows of an official test set stay out. Folds, repeats, controls, student_rows
    and transfer of the protocol have no meaning here. A fit that was interrupted goes on where it stopped; one that is
    complete is read, not repeated. Everything runs in this process.

    Args:
        study: as for :func:`overproof.compare`, like all others.
        data: rows.
        teacher: who is learnt from.
        student: who learns.
        method: how; the first of several.
        protocol: of which seed and validation matter.
        run: the study's ``[run]``.
        settings: ``table.key=value``.
        out: the run folder; by default ``runs/`` and the name that the comparison would have, with ``-final``.
        trust_study: whether the study may name code.
        watcher: told about progress.

    Returns:
        The student. Its weights are in the run folder, too, as ``student.safetensors`` beside ``student.json``.

    Raises:
        OverproofError: of the class that fits.

    Example:
        >>> import tempfile
        >>> quick = {"model": "mlp", "width": 8, "training": {"epochs": 1}}
        >>> made = distill(data="digits", teacher=quick, student=quick, settings=["data.limit=200"],
        ...                out=tempfile.mkdtemp())
        >>> made.student.training, len(made.classes), sorted(path.name for path in made.folder.glob("student.*"))
        (False, 10, ['student.json', 'student.safetensors'])
    """
    given = Given(data, teacher, student, method, protocol, run)
    file = Path(study) if isinstance(study, str) else study
    prepared = prepare(file, given, settings, trust_study, final=True)
    claimed = Run.claim(Path("runs") / prepared.name if out is None else Path(out), prepared.identity)
    watching = watcher or Watcher()
    with claimed.locked():
        found = _finished(prepared.plan, claimed)
        if found is None:
            found = _carry_out(prepared, claimed, watching)
        else:
            watching.say(f"{claimed.folder} is complete; nothing to compute")
    return found


def _carry_out(prepared: Prepared, run: Run, watcher: Watcher) -> Distilled:
    """Teach, record, train; each starts from the files of the one before."""
    plan = prepared.plan
    storage.commit(run.folder / "study.toml", study_file.written(plan.study).encode())
    perform = InProcess(plan, run, watcher).perform
    needed = any(cohort.methods[0].needs_teacher for cohort in plan.students.values())
    for stage in ("teach", "record", "train") if needed else ("train",):
        jobs = jobs_of(plan, stage)
        undone = [job for job in jobs if not job.done(plan, run)]
        watcher.stage(stage, len(jobs), len(jobs) - len(undone))
        perform(undone)
    key, cohort = _cohort(plan)
    trained = weights.from_bytes(run.read(f"train/{key}", "weights.safetensors"), f"train/{key}")
    state = {name: tensor[0].contiguous() for name, tensor in trained.items()}
    data = weights.to_bytes(state)
    storage.commit(run.folder / WEIGHTS, data)
    module = _module(plan, cohort, state, run.folder / WEIGHTS)
    storage.commit_json(run.folder / DESCRIPTION, _description(plan, cohort, module, storage.digest(data)))
    return Distilled(module, plan.data.classes, plan.data.task, run.folder, _history(run, key))


def _finished(plan: Plan, run: Run) -> Distilled | None:
    """What an earlier attempt has come to, where it came to its end and its files are whole."""
    key, cohort = _cohort(plan)
    path = run.folder / WEIGHTS
    try:
        digest = json.loads(storage.read(run.folder / DESCRIPTION))["weights"]
        state = weights.from_bytes(storage.read(path, digest), str(path))
        history = _history(run, key)
    except (StorageError, ValueError, KeyError, TypeError):
        return None
    return Distilled(_module(plan, cohort, state, path), plan.data.classes, plan.data.task, run.folder, history)


def _cohort(plan: Plan) -> tuple[str, Cohort]:
    """The one cohort that is trained, with its one member."""
    ((key, cohort),) = plan.students.items()
    return key, cohort


def _module(plan: Plan, cohort: Cohort, state: Mapping[str, Tensor], path: Path) -> nn.Module:
    module = cohort.architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")
    weights.load_into(module, state, str(path))
    return module.eval()


def _history(run: Run, key: str) -> dict[str, Any]:
    """The losses of the one member."""
    found = json.loads(run.read(f"train/{key}", "history.json"))
    losses = {name: [of_members[0] for of_members in found[name]] for name in ("hard", "soft", "validation")}
    return {**losses, "best_epoch": found["best_epoch"][0]}


def _description(plan: Plan, cohort: Cohort, module: nn.Module, digest: str) -> dict[str, Any]:
    """What is needed to build the module again, and to know what goes in and comes out."""
    data, table = plan.data, plan.study.student
    columns = data.columns
    return {
        "format": 1,
        "overproof": __version__,
        "weights": digest,
        "data": data.digest,
        "model": table.model,
        "settings": dict(cohort.architecture.settings),
        "task": data.task,
        "classes": list(data.classes),
        "shape": list(data.shape),
        "columns": None if columns is None else [[column.name, column.categories] for column in columns],
        "text": None if data.tokens is None else _text(plan),
        "around": _around(module) if isinstance(module, Fitted) else None,
    }


def _text(plan: Plan) -> dict[str, Any]:
    tokens, data = plan.data.tokens, plan.study.data
    assert tokens is not None
    return {
        "tokenizer": data.tokenizer,
        "length": data.length,
        "vocabulary": tokens.vocabulary,
        "padding": tokens.padding,
    }


def _around(module: Fitted) -> dict[str, Any]:
    """What stands around the network: how a table becomes units, whether values have a unit, and one number for two."""
    front = module.front
    encoding = None
    if front is not None:
        places, values = front.columns.tolist(), [int(value) for value in front.values.tolist()]
        encoding = {
            "numbers": front.numbers.tolist(),
            "gaps": front.gaps.tolist(),
            "categories": [list(pair) for pair in zip(places, values, strict=True)],
        }
    return {"encoding": encoding, "unit": module.back is not None, "pair": module.pair}
