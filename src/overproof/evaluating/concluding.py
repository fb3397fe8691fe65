"""The judge stage: everything the run found, as one result."""

from __future__ import annotations

from collections.abc import Sequence

from overproof.data.dataset import LABELLED, TEST, UNLABELLED
from overproof.data.duplicates import count
from overproof.evaluating.attribution import attribute
from overproof.evaluating.basis import basis_of
from overproof.evaluating.judging import headline, judge
from overproof.evaluating.knowledge import knowledge
from overproof.evaluating.rows import row_scores
from overproof.evaluating.scoring import score
from overproof.plan import MOST_TIMES_LONGER, Cohort, Plan
from overproof.results import Comparison, DataSummary, Leak, Result, SplitSummary
from overproof.run import Run
from overproof.statistics import LOOKING_THRESHOLD, THRESHOLD
from overproof.targets.record import store_check

#: A share of 3 / rows of all rows is missed by every one of ``rows`` of them in one case of twenty: (1 − 3/n)ⁿ ≈ 0.05
#: (the rule of three; Hanley and Lippman-Hand, JAMA 249:1743–1745, 1983).
RULE_OF_THREE = 3


def conclude(plan: Plan, run: Run) -> Result:
    """Score every arm, compare each student with simple, and say what a reader should know."""
    arms, basis = score(plan, run), basis_of(plan, run)
    comparisons = judge(plan.study, arms, row_scores(plan, run), basis)
    return Result(
        study=plan.study.model_dump(mode="json", exclude_none=True, exclude={"run": {"executor"}}),
        data=_data(plan),
        splits=_splits(plan),
        looks=_looks(plan),
        steps={role: next(iter(cohorts.values())).steps for role, cohorts in _roles(plan).items()},
        cohorts={
            role: "stacked" if next(iter(cohorts.values())).stacked else "separate"
            for role, cohorts in _roles(plan).items()
        },
        teacher="brought" if not plan.trains_teacher else "fitted" if plan.fits_teacher else "trained",
        leak=leak_of(plan),
        store_check=store_check(plan, run),
        arms=arms,
        comparisons=comparisons,
        attribution=attribute(arms, comparisons, basis),
        knowledge=knowledge(plan, run),
        verdict=headline(comparisons),
        notes=[*_notes(plan), *notes_on_equal_scores(comparisons, len(plan.data))],
    )


def leak_of(plan: Plan) -> Leak:
    """What the teacher may have seen of the rows it is tested on."""
    if not plan.trains_teacher:
        return plan.study.teacher.leak
    return "leaking" if plan.study.protocol.teacher_rows == "all" else "none"


def _data(plan: Plan) -> DataSummary:
    return DataSummary(
        name=plan.data.name,
        rows=len(plan.data),
        shape=list(plan.data.shape),
        classes=list(plan.data.classes),
        task=plan.data.task,
        labelled=int((plan.data.part == LABELLED).sum()),
        unlabelled=int((plan.data.part == UNLABELLED).sum()),
        test=int((plan.data.part == TEST).sum()),
        duplicates=count(plan.data),
        digest=plan.data.digest,
    )


def _splits(plan: Plan) -> list[SplitSummary]:
    return [
        SplitSummary(
            repeat=split.repeat,
            fold=split.fold,
            train=len(split.train),
            student=len(split.student),
            transfer=len(split.transfer),
            validation=len(split.student_validation),
            test=len(split.test),
        )
        for split in plan.splits
    ]


def _looks(plan: Plan) -> list[int]:
    """After how many repeats there was a verdict so far; none where their number was fixed beforehand."""
    looked_at = plan.splits[-1].repeat + 1
    return [look for look in plan.looks if look <= looked_at] if plan.study.protocol.repeats == "auto" else []


def _roles(plan: Plan) -> dict[str, dict[str, Cohort]]:
    """The cohorts that are trained here, by role."""
    return {role: cohorts for role, cohorts in (("teacher", plan.teachers), ("student", plan.students)) if cohorts}


def _notes(plan: Plan) -> list[str]:
    notes = []
    leak, repeated = leak_of(plan), count(plan.data)
    if leak == "leaking":
        notes.append(
            "The teacher has seen the rows it is tested on: its score, and the students' through its soft targets, "
            "are too good to be true."
        )
    if leak == "unknown":
        notes.append("The teacher was brought from outside and may have seen test rows (leak status: unknown).")
    if repeated:
        notes.append(
            f"{repeated:,} rows repeat an earlier row exactly; copies never stand on both sides of a test border."
        )
    if any(len(split.transfer) for split in plan.splits):
        notes.append(
            "Beside each labelled batch the student also sees a batch with soft targets only; simple does not."
        )
    if not len(plan.splits[0].student_validation):
        notes.append("Student and simple have no validation rows: the last epoch's weights are compared.")
    if _looks(plan):
        notes.append(_note_on_looks(plan))
    if plan.controls:
        notes.append(_note_on_longer(plan))
    return notes


def notes_on_equal_scores(comparisons: Sequence[Comparison], rows: int) -> list[str]:
    """Where equal scores in every split say less than the verdict does, as there are few test rows.

    A spread of 0 counts as certainty. Yet models that differ on a share s of all rows, always to the same side, score
    the same on all of ``rows`` test rows with probability (1 − s)^rows.

    Args:
        comparisons: of the study.
        rows: test rows of one repeat.

    Returns:
        A note for each student whose rate of hits equals simple's everywhere, where ``3 / rows`` exceeds the rope.
    """
    unseen = RULE_OF_THREE / rows
    return [
        f"{found.arm} and simple score the same in every split, but on only {rows:,} rows: one time in twenty that is "
        f"chance even where they differ by {100 * unseen:.1f} points."
        for found in comparisons
        if found.metric in ("accuracy", "balanced_accuracy")
        and found.differences.mean == 0 == found.differences.sd
        and unseen > found.rope
    ]


def _note_on_looks(plan: Plan) -> str:
    looks = ", ".join(map(str, _looks(plan)))
    return (
        f"Repeats are added while a verdict is not settled, here looking after {looks} of at most {plan.looks[-1]}: "
        f"helps and hurts need a probability above {LOOKING_THRESHOLD:g} instead of {THRESHOLD:g}."
    )


def _note_on_longer(plan: Plan) -> str:
    given, wanted, found = plan.study.student.training.epochs, plan.equal_epochs, plan.longer_epochs
    worth = "as much work as the student and its teacher's answers"
    reason = worth if found == wanted else f"{worth} would take {wanted:,}, but {MOST_TIMES_LONGER} times is the most"
    return (
        f"The control longer was trained for {found:,} epochs instead of {given:,}: {reason}. "
        "What trained the teacher is not counted."
    )
