"""The judge stage: everything the run found, as one result."""

from __future__ import annotations

from overproof.data.dataset import LABELLED, TEST, UNLABELLED
from overproof.data.duplicates import count
from overproof.evaluating.attribution import attribute
from overproof.evaluating.basis import basis_of
from overproof.evaluating.judging import headline, judge
from overproof.evaluating.knowledge import knowledge
from overproof.evaluating.noting import leak_of, looks_of, notes
from overproof.evaluating.rows import row_scores
from overproof.evaluating.scoring import score
from overproof.evaluating.values import values
from overproof.plan import Cohort, Plan
from overproof.results import DataSummary, Result, SplitSummary
from overproof.run import Run
from overproof.targets.record import store_check


def conclude(plan: Plan, run: Run) -> Result:
    """Score every arm, compare each student with simple, and say what a reader should know."""
    arms, basis = score(plan, run), basis_of(plan, run)
    comparisons = judge(plan.study, arms, row_scores(plan, run), basis)
    return Result(
        study=plan.study.model_dump(mode="json", exclude_none=True, exclude={"run": {"executor"}}),
        data=_data(plan),
        splits=_splits(plan),
        looks=looks_of(plan),
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
        values=values(plan, run),
        verdict=headline(comparisons),
        notes=notes(plan, run, comparisons),
    )


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


def _roles(plan: Plan) -> dict[str, dict[str, Cohort]]:
    """The cohorts that are trained here, by role."""
    return {role: cohorts for role, cohorts in (("teacher", plan.teachers), ("student", plan.students)) if cohorts}
