"""``overproof compare``: teacher, student and simple side by side."""

from __future__ import annotations

import datetime
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from overproof import results, storage, study_file
from overproof.deploy.latency import latencies
from overproof.deploy.machine import machine, versions
from overproof.doctor.examining import before_a_run
from overproof.evaluating.concluding import conclude
from overproof.executors import handover
from overproof.executors.choosing import executor
from overproof.executors.job import STAGES, Job, jobs_of
from overproof.plan import Plan
from overproof.progress import Watcher
from overproof.report import html
from overproof.results import Measured, Result, Results
from overproof.run import Run
from overproof.study import Study
from overproof.verbs.preparing import Given, Prepared, prepare


class Comparison(Results):
    """The results of a comparison, with what can be done with them."""

    @property
    def folder(self) -> Path:
        """The run folder."""
        return Path(self.measured.folder)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report: one file, no network."""
        return html.write(self, Path(path))


def compare(
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
) -> Comparison:
    """Compare teacher, student and simple under cross-validation and say whether distillation helped.

    A comparison that was interrupted goes on where it stopped; one that is complete is read, not repeated.

    Args:
        study: a study file or object. None is the default study, unless data or models are given.
        data: ``(inputs, labels)``, a dictionary with ``inputs``, ``labels`` and ``classes``, or a source's name.
        teacher: an ``nn.Module`` that is trained already, a function that returns a fresh one to be trained in every
            split, a model's name, or a table as in the study whose ``model`` may be any of these.
        student: a function that returns a fresh ``nn.Module``, a model's name, or such a table.
        method: a method's name, a method, a table, or a list of these.
        protocol: the study's ``[protocol]``.
        run: the study's ``[run]``.
        settings: ``table.key=value``, as ``--set`` on the command line; these win.
        out: the run folder; by default ``runs/`` and a name made of the data and what identifies the run.
        trust_study: whether the study may name code (``module:function``).
        watcher: told about progress.

    Returns:
        The results; ``results.json`` and ``report.html`` are in the run folder.

    Raises:
        OverproofError: of the class that fits.

    Example:
        >>> import tempfile
        >>> quick = {"model": "mlp", "width": 8, "training": {"epochs": 1}}
        >>> found = compare(data="digits", teacher=quick, student=quick, protocol={"folds": 2},
        ...                 settings=["data.limit=200"], out=tempfile.mkdtemp())
        >>> [arm.name for arm in found.result.arms]
        ['teacher', 'simple', 'student']
    """
    given = Given(data, teacher, student, method, protocol, run)
    file = Path(study) if isinstance(study, str) else study
    prepared = prepare(file, given, settings, trust_study)
    watching = watcher or Watcher()
    claimed = Run.claim(Path("runs") / prepared.name if out is None else Path(out), prepared.identity)
    with claimed.locked():
        finished = claimed.folder / "results.json"
        if not finished.is_file():
            carry_out(prepared, claimed, watching)
        else:
            handover.discard(claimed)
            watching.say(f"{claimed.folder} is complete; nothing to compute")
    found = results.read(finished).model_dump(by_alias=True)
    found["measured"]["folder"] = str(claimed.folder)  # it may have been moved since
    return Comparison.model_validate(found)


def carry_out(prepared: Prepared, run: Run, watcher: Watcher) -> None:
    """Go through the stages: teach, record, train, evaluate, judge; each starts from the files of the one before.

    With ``repeats = "auto"`` they are gone through again, with more repeats, until every verdict is settled.
    """
    plan, started = prepared.plan, datetime.datetime.now(datetime.UTC)
    storage.commit(run.folder / "study.toml", study_file.written(plan.study).encode())
    before_a_run(plan, watcher)
    seconds: dict[str, float] = defaultdict(float)
    with executor(plan, run, watcher, prepared.portable) as perform:
        for last, repeats in pairwise((0, *plan.looks)):
            if last:
                made = "1 repeat" if last == 1 else f"{last} repeats"
                watcher.say(f"looking after {made}: not settled, adding {repeats - last}")
            result = _look(plan.after(repeats), run, watcher, perform, seconds)
            if all(found.verdict != "not settled" for found in result.comparisons):
                break
    measured = _measured(plan, run, started, dict(seconds))
    found = Results(result=result, measured=measured)
    html.write(found, run.folder / "report.html")
    found.write(run.folder / "results.json")
    handover.discard(run)


def _look(
    plan: Plan, run: Run, watcher: Watcher, perform: Callable[[Sequence[Job]], None], seconds: dict[str, float]
) -> Result:
    """Perform every job that is not done, and judge; the wall time of each stage goes into ``seconds``."""
    storage.commit_json(run.folder / "members.json", _members(plan))
    for stage in STAGES:
        start = time.perf_counter()
        jobs = jobs_of(plan, stage)
        undone = [job for job in jobs if not job.done(plan, run)]
        watcher.stage(stage, len(jobs), len(jobs) - len(undone))
        perform(undone)
        seconds[stage] += time.perf_counter() - start
    start = time.perf_counter()
    result = conclude(plan, run)
    seconds["judge"] += time.perf_counter() - start
    return result


def _members(plan: Plan) -> list[dict[str, Any]]:
    """Who is trained, by which cohort and in which of its rows."""
    return [
        {
            "arm": member.arm,
            "repeat": member.split.repeat,
            "fold": member.split.fold,
            "seed": plan.study.protocol.seed,
            "method": str(method),
            "cohort": cohort.key,
            "row": row,
        }
        for cohort in [*plan.teachers.values(), *plan.students.values()]
        for row, (member, method) in enumerate(zip(cohort.members, cohort.methods, strict=True))
    ]


def _measured(plan: Plan, run: Run, started: datetime.datetime, seconds: dict[str, float]) -> Measured:
    row = torch.from_numpy(plan.data.inputs[:1])
    modules = {role: module for role in ("teacher", "student") if (module := plan.network(role)) is not None}
    milliseconds, ratios = latencies(modules, row)
    arms = {"teacher": "teacher", **dict.fromkeys(plan.arms, "student")}
    if "teacher" not in modules:  # no network of ours, so that there is nothing to compare a latency with
        del arms["teacher"]
        ratios = {}
    return Measured(
        started=started.isoformat(timespec="seconds"),
        command=list(sys.argv),
        folder=str(run.folder),
        seconds=seconds,
        versions=versions(),
        machine=machine(),
        latency_ms={arm: milliseconds[role] for arm, role in arms.items()},
        latency_ratio={arm: ratios[role] for arm, role in arms.items() if role in ratios},
    )
