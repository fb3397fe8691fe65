"""From what the user gave, a study and perhaps live objects, to a plan."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from overproof import __version__, casting, storage, study_file
from overproof.data.dataset import Dataset, limited
from overproof.device import resolve
from overproof.errors import StudyError
from overproof.methods import catalogue as methods
from overproof.methods.method import Method
from overproof.models import imported
from overproof.models.architecture import Architecture, check_fresh, check_outputs
from overproof.plan import Plan
from overproof.sources import catalogue as sources
from overproof.study import Student, Study, Teacher, Training
from overproof.targets import codecs, fingerprint
from overproof.tasks.catalogue import TASKS, metric_of
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.teacher import Apprentice, Voice, check_steady
from overproof.verbs.naming import Given, tables_of

__all__ = ["Given", "Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A plan, and what identifies the run that carries it out."""

    plan: Plan
    identity: dict[str, Any]
    portable: bool
    """Whether worker processes can build the models and methods by name."""

    @property
    def name(self) -> str:
        """The run folder's name: the data's, and a few digits of the identity; a final fit's is its comparison's."""
        text = json.dumps({key: value for key, value in self.identity.items() if key != "final"}, sort_keys=True)
        name = f"{self.plan.data.name}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        return f"{name}-final" if self.plan.final else name


def prepare(
    file: Path | Study | None, given: Given, settings: Iterable[str], trust: bool, *, final: bool = False
) -> Prepared:
    """Read the study, load the data, build the models and see that they fit together.

    Args:
        file: a study file, a study, or None: the default study, unless data or models are given.
        given: live objects and tables that go over the study's.
        settings: ``table.key=value`` settings, which go over everything.
        trust: whether a study may name code.
        final: whether nothing is compared, and the first student is trained on all rows.

    Raises:
        OverproofError: of the class that fits; nothing has been written.
    """
    study = study_of(file, given, settings)
    data = rows_of(given.data, study, trust)
    teacher, brought = casting.teacher(given.teacher, study.teacher, data, trust, study.data.tokenizer)
    student = casting.student(given.student, study.student, data, trust, study.data.tokenizer)
    plan = Plan(_resolved(study, data, teacher, student), data, teacher, student, brought is None, brought)
    plan = replace(plan, study=_with_methods(plan), final=final)
    _fit_together(plan)
    return Prepared(plan, _identity(plan), _portable(plan))


def study_of(file: Path | Study | None, given: Given, settings: Iterable[str]) -> Study:
    """The study, from wherever its parts come; arguments as for :func:`prepare`.

    Raises:
        StudyError: naming the key that is wrong.
    """
    tables = tables_of(given)
    if isinstance(file, Study):
        base = file.model_dump(exclude_none=True)
    elif file is None and any(table in tables for table in ("data", "teacher", "student")):
        base = {}
    else:
        base = study_file.default() if file is None else study_file.read(file)
    from_outside = study_file.from_environment(os.environ)
    return study_file.checked(base, from_outside, tables, study_file.from_settings(settings))


def rows_of(value: Any, study: Study, trust: bool) -> Dataset:
    """The data set, from wherever it comes, limited as the study says.

    Args:
        value: what was given as ``data``, or None.
        study: its ``[data]`` names the source where nothing live was given.
        trust: whether the study may name code.
    """
    data = _whole(value, study, trust)
    return data if study.data.limit is None else limited(data, study.data.limit, study.protocol.seed)


def _whole(value: Any, study: Study, trust: bool) -> Dataset:
    named = value.get("source") if isinstance(value, Mapping) else value
    if value is not None and not isinstance(named, str | Path):
        return sources.from_object(value, study.data, "arrays", study.protocol.test)
    if imported.is_reference(study.data.source):
        made = imported.load(study.data.source, "data.source", trust)()
        return sources.from_object(made, study.data, study.data.source, study.protocol.test)
    return sources.load(study.data, study.protocol.seed, study.protocol.test)


def _ships(method: Method) -> bool:
    """Whether a method comes with overproof, so that another process finds it."""
    return type(method).__module__.startswith("overproof.")


def _resolved(study: Study, data: Dataset, teacher: Any, student: Architecture) -> Study:
    """The study with its task, its metric and every default of its models written out."""
    settings = teacher.settings if isinstance(teacher, Architecture) else {}
    metric = metric_of(TASKS[data.task], study.protocol.metric)
    tables = {
        "data": study.data.model_copy(update={"task": data.task}),
        "teacher": Teacher.model_validate({**study.teacher.model_dump(), **settings}),
        "student": Student.model_validate({**study.student.model_dump(), **student.settings}),
        "protocol": study.protocol.model_copy(update={"metric": metric}),
    }
    return study.model_copy(update=tables)


def _portable(plan: Plan) -> bool:
    """Whether worker processes can build the models and methods by name."""
    study = plan.study
    trained = [study.student.model_dump(), *([study.teacher.model_dump()] if plan.trains_teacher else [])]
    return casting.LIVE not in json.dumps(trained) and all(map(_ships, plan.arms.values()))


def _with_methods(plan: Plan) -> Study:
    """The study with every default of its methods written out."""
    tables = [
        type(table).model_validate({**table.model_dump(), **method.settings})
        for table, method in zip(plan.study.methods, list(plan.methods.values())[1:], strict=True)
    ]
    return plan.study.model_copy(update={"method": tables})


def _fit_together(plan: Plan) -> None:
    """See that splits can be drawn and that both models answer for the data's classes, before anything is written."""
    resolve(plan.study.run.device)
    _ = plan.views, plan.splits, plan.teachers, plan.students
    for method in plan.arms.values():
        methods.check(method, plan.task, len(plan.data.classes))
    _fits_the_teacher(plan)
    outputs = len(plan.data.classes)
    codecs.codec(plan.study.targets, (outputs,))
    if plan.study.targets.codec == "topk" and not plan.task.classifies:
        raise StudyError(f'targets.codec = "topk" is for classes, the task is {plan.data.task}; use "dense"')
    rows = torch.from_numpy(plan.data.inputs[:2])
    for who, architecture in _trained(plan).items():
        check_fresh(architecture, plan.data.shape, outputs, who)
    for who, module in _networks(plan).items():
        device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
        check_outputs(module, rows.to(device), outputs, who, task=plan.data.task)


def _trained(plan: Plan) -> dict[str, Architecture]:
    """What is built anew in every split, by what messages call it."""
    members = _members(plan)
    made = {"student": plan.student, **({"teacher": plan.teacher} if plan.trains_teacher else {}), **members}
    return {who: each for who, each in made.items() if isinstance(each, Architecture)}


def _networks(plan: Plan) -> dict[str, torch.nn.Module]:
    """Every network as it was brought, or as it is at the start; the student last."""
    found = {"teacher": plan.brought, **_members(plan)}
    found |= {who: _fresh(plan, architecture) for who, architecture in reversed(_trained(plan).items())}
    return {who: each for who, each in found.items() if isinstance(each, torch.nn.Module)}


def _fresh(plan: Plan, architecture: Architecture) -> torch.nn.Module:
    return architecture.fresh(plan.data.shape, len(plan.data.classes), "shape only")


def _members(plan: Plan) -> dict[str, Any]:
    """The teachers of an ensemble."""
    members = plan.teacher.members if isinstance(plan.teacher, Ensemble) else ()
    return {f"teacher.model[{place}]": member for place, member in enumerate(members)}


def _fits_the_teacher(plan: Plan) -> None:
    """See that what the study says about the teacher has a meaning for a teacher of its kind."""
    if plan.brought is not None and plan.study.protocol.teacher_rows == "all":
        raise StudyError('protocol.teacher_rows = "all" has no meaning for a teacher that was brought with its weights')
    if plan.study.teacher.cross_fit is True and not plan.fits_teacher:
        kind = "was brought and knows its answers" if plan.brought is not None else "is trained in epochs"
        raise StudyError(f"teacher.cross_fit = true is for teachers that are fitted in one go; this one {kind}")
    if plan.study.teacher.cross_fit is True and plan.one_teacher:
        raise StudyError(
            'teacher.cross_fit = true has no meaning with protocol.teacher_rows = "all": one teacher learns from every '
            "row, and there is no split to be out of"
        )
    networks = len(_trained(plan)) > 1 or isinstance(plan.brought, torch.nn.Module)
    if plan.study.teacher.training != Training() and not networks:
        raise StudyError("teacher.training has no meaning for a teacher that is not trained in epochs; leave it out")
    for voice in (plan.brought, *_members(plan).values()):
        if isinstance(voice, Voice):
            if plan.count > 1 and not voice.sees_views:
                raise StudyError(f"views.count = {plan.count}, but {voice.name} answers about rows, not their views")
            check_steady(voice, plan.data)


def _identity(plan: Plan) -> dict[str, Any]:
    """What makes two runs the same run. Who performs the jobs does not matter; where numbers are computed does."""
    study = plan.study.model_dump(mode="json", exclude_none=True, exclude={"run": {"executor"}})
    study["run"]["device"] = resolve(plan.study.run.device).type
    teacher, student = plan.network("teacher"), plan.network("student")
    assert student is not None
    return {
        "study": study,
        "software": {"overproof": __version__, "torch": torch.__version__},
        "data": plan.data.digest,
        "teacher": fingerprint.digest(teacher) if teacher is not None else _without_network(plan),
        "student": fingerprint.digest(student),
        **({"final": True} if plan.final else {}),
    }


def _without_network(plan: Plan) -> str:
    """A teacher that is no network, as a digest of what it is called and of what its answers depend on."""
    if isinstance(plan.teacher, Ensemble):
        members = [_facts(plan, member) for member in plan.teacher.members]
        known: Any = [members, plan.teacher.shares]
    else:
        known = _facts(plan, plan.brought if plan.brought is not None else plan.teacher)
    return storage.digest(json.dumps([plan.teacher_name, known], sort_keys=True).encode())


def _facts(plan: Plan, teacher: Any) -> Any:
    match teacher:
        case Voice():
            # another function, or another fitted estimator, must not be given the results of this one
            return teacher.components() or {"code": fingerprint.object_digest(teacher)}
        case Apprentice():
            return {**teacher.facts(), "code": fingerprint.object_digest(teacher)}
        case torch.nn.Module():
            return fingerprint.digest(teacher)
        case Architecture():
            return [str(teacher), fingerprint.digest(_fresh(plan, teacher))]
    return str(teacher)
