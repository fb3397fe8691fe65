"""Examining a plan: every check in its order, in a moment before a run or at length."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overproof.doctor.against_simple import against_simple
from overproof.doctor.answers import FEWEST, Answers, Models, Teacher, affordable, ask, known, sample
from overproof.doctor.chance import chance
from overproof.doctor.class_order import class_order
from overproof.doctor.determinism import determinism
from overproof.doctor.examination import Examination, Said, name_of
from overproof.doctor.gradients import gradients
from overproof.doctor.labels_in_features import labels_in_features
from overproof.doctor.logits import logits
from overproof.doctor.memorising import memorising
from overproof.doctor.method_scale import method_scale
from overproof.doctor.method_terms import method_terms
from overproof.doctor.modes import modes
from overproof.doctor.normalisation import normalisation
from overproof.doctor.one_batch import one_batch
from overproof.doctor.one_label import one_label
from overproof.doctor.repeated_rows import repeated_rows
from overproof.doctor.settings import settings
from overproof.doctor.shuffled_labels import shuffled_labels
from overproof.doctor.sizes import sizes
from overproof.doctor.stored_answers import stored_answers
from overproof.doctor.trial import SECONDS, Trial, fitting_seconds, seconds, taught
from overproof.plan import Cohort, Plan
from overproof.progress import Watcher
from overproof.run import Run
from overproof.targets.record import recorded

#: Checks of the plan alone, made before every run.
OF_THE_PLAN: tuple[Callable[[Plan], Said], ...] = (settings, one_label, method_terms, method_scale)
#: Checks of the two models as they are, made before every run.
OF_THE_MODELS: tuple[Callable[[Plan, Models], Said], ...] = (sizes, modes, determinism)
#: Checks of what the teacher says, made before every run of a teacher that was brought.
OF_THE_TEACHER: tuple[Callable[[Plan, Answers], Said], ...] = (logits, chance, class_order)
#: Checks of the data and of the student, which take longer.
OF_THE_DATA: tuple[Callable[[Plan], Said], ...] = (labels_in_features, repeated_rows, one_batch)

#: Multiply-accumulate operations that asking the teacher may cost: a fraction of a second, and half a minute.
BRIEFLY, AT_LENGTH = 2e9, 3e11


def briefly(plan: Plan) -> Examination:
    """The checks that take well under a second: the plan's, and those of a teacher that was brought."""
    found = _of_the_study(plan)
    if plan.brought is None:
        found.pass_over(OF_THE_TEACHER, "The teacher is trained in the study.")
        return found
    _of_a_brought_teacher(plan, found, BRIEFLY)
    return found


def before_a_run(plan: Plan, watcher: Watcher) -> None:
    """Say what the short examination of a plan finds; a run goes on whatever that is."""
    for finding in briefly(plan):
        watcher.say(f"{finding.severity}: {finding}")


def at_length(plan: Plan, run: Run | None = None) -> Examination:
    """Every check; teacher and simple of the first split are trained where a check needs them.

    Args:
        plan: the comparison.
        run: its run folder, where there is one: a teacher trained there is not trained again.
    """
    found = _of_the_study(plan)
    for check in OF_THE_DATA:
        found.hear(check, plan)
    with tempfile.TemporaryDirectory(prefix="overproof-check-") as folder:
        trial = Trial(plan, Run(Path(folder)))
        answers = _answers(trial, found, run)
        if answers is not None:
            found.hear(gradients, plan, answers)
        else:
            found.pass_over([gradients], found.unchecked["chance"])
        _with_simple(trial, found, answers)
    if run is not None and all(recorded(plan, run, key) for key in plan.targets):
        found.hear(stored_answers, plan, run)
    else:
        found.pass_over([stored_answers], "There is no run yet that has recorded soft targets (--out names one).")
    return found


def _of_the_study(plan: Plan) -> Examination:
    found, models = Examination(), Models.of(plan)
    for of_plan in OF_THE_PLAN:
        found.hear(of_plan, plan)
    for of_models in OF_THE_MODELS:
        found.hear(of_models, plan, models)
    return found


def _answers(trial: Trial, found: Examination, run: Run | None) -> Answers | None:
    """What the teacher says, after the checks of it; None where it cannot be asked."""
    plan = trial.whole
    if plan.brought is not None:
        found.pass_over([memorising], "Only you know which rows a teacher that was brought was trained on.")
        answers = _of_a_brought_teacher(plan, found, AT_LENGTH)
        if any(finding.check == name_of(class_order) for finding in found):
            found.pass_over(
                [normalisation], "The teacher's classes are in another order, which must be put right first."
            )
        elif answers is not None:
            found.hear(normalisation, plan, answers)
            found.explain(name_of(chance), name_of(normalisation))
        return answers
    found.pass_over([normalisation], "The teacher is trained on the inputs as they are.")
    key = plan.teacher_of(plan.splits[0])
    job = key if plan.fits_teacher else plan.place_of(plan.targets[key])[0]
    if run is not None and run.done(f"teach/{job}"):
        answers = _asked(found, plan, lambda: taught(plan, run, key), plan.splits[0].test)
    elif why := _teacher_takes_too_long(trial, found):
        found.pass_over((*OF_THE_TEACHER, memorising), why)
        return None
    else:
        answers = _asked(found, plan, lambda: trial.teacher, plan.splits[0].test)
    if answers is not None:
        found.hear(memorising, plan, answers)
    return answers


def _of_a_brought_teacher(plan: Plan, found: Examination, operations: float) -> Answers | None:
    teacher = plan.brought
    assert teacher is not None
    rows = found.tried("teacher", lambda: affordable(plan, teacher, operations))
    if rows is None:
        found.pass_over((*OF_THE_TEACHER, normalisation), "The teacher could not be asked.")
        return None
    if rows < min(FEWEST, len(plan.data)):
        found.pass_over((*OF_THE_TEACHER, normalisation), f"The teacher is slow: there is time for {rows} rows only.")
        return None
    return _asked(found, plan, lambda: teacher, sample(plan, known(plan), rows))


def _asked(found: Examination, plan: Plan, teacher: Callable[[], Teacher], rows: NDArray[np.int64]) -> Answers | None:
    """What a teacher says about rows, after the checks of it; None where it cannot be made or asked."""
    answers = found.tried("teacher", lambda: ask(plan, teacher(), rows))
    if answers is None:
        found.pass_over((*OF_THE_TEACHER, memorising, normalisation), "The teacher could not be asked.")
        return None
    for check in OF_THE_TEACHER:
        found.hear(check, plan, answers)
    found.explain(name_of(chance), name_of(class_order))
    return answers


def _with_simple(trial: Trial, found: Examination, answers: Answers | None) -> None:
    """The checks that train simple."""
    plan = trial.whole
    if why := _too_long(trial.plan, trial.simple_cohort):
        found.pass_over((against_simple, shuffled_labels), why)
        return
    if found.tried("simple", lambda: trial.simple) is None:
        found.pass_over((against_simple, shuffled_labels), "Simple could not be trained.")
        return
    found.hear(shuffled_labels, trial)
    if answers is None:
        found.pass_over([against_simple], found.unchecked["chance"])
        return
    teacher = answers.teacher
    tested = found.tried("teacher", lambda: ask(plan, teacher, plan.splits[0].test))
    if tested is None:
        found.pass_over([against_simple], "The teacher could not be asked about all test rows.")
        return
    found.hear(against_simple, trial, tested)


def _teacher_takes_too_long(trial: Trial, found: Examination) -> str:
    """Why a teacher is not trained for an examination; empty where it is."""
    if not trial.plan.fits_teacher:
        return _too_long(trial.plan, trial.teacher_cohort)
    needed = found.tried("teacher", lambda: fitting_seconds(trial.plan))
    return "The teacher could not be fitted." if needed is None else _long(needed, "teacher")


def _too_long(plan: Plan, cohort: Cohort) -> str:
    """Why a model is not trained for an examination; empty where it is."""
    return _long(seconds(plan, cohort), cohort.role)


def _long(needed: float, role: str) -> str:
    if needed <= SECONDS:
        return ""
    return (
        f"Training one {role} takes about {needed:,.0f} seconds, more than an examination may; with "
        "--set data.limit=N fewer rows are looked at, and --out names a run that has trained it."
    )
