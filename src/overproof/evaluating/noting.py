"""What a reader of the results should know before believing the numbers, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from overproof.casting import fresh_head
from overproof.data.answers import Answers, always_alike
from overproof.data.dataset import UNLABELLED
from overproof.data.duplicates import count
from overproof.plan import MOST_TIMES_LONGER, Plan
from overproof.results import Comparison, Leak
from overproof.run import Run
from overproof.sources.lookalikes import lookalikes
from overproof.statistics import LOOKING_THRESHOLD, THRESHOLD
from overproof.targets.record import NOTES
from overproof.teachers.ensemble import Ensemble
from overproof.teachers.teacher import Voice
from overproof.training.fitting import FOLDS

#: A share of 3 / rows of all rows is missed by every one of ``rows`` of them in one case of twenty: (1 − 3/n)ⁿ ≈ 0.05
#: (the rule of three; Hanley and Lippman-Hand, JAMA 249:1743–1745, 1983).
RULE_OF_THREE = 3


def leak_of(plan: Plan) -> Leak:
    """What the teacher may have seen of the rows it is tested on."""
    if not plan.trains_teacher:
        return plan.study.teacher.leak
    return "leaking" if plan.study.protocol.teacher_rows == "all" else "none"


def looks_of(plan: Plan) -> list[int]:
    """After how many repeats there was a verdict so far; none where their number was fixed beforehand."""
    looked_at = plan.splits[-1].repeat + 1
    return [look for look in plan.looks if look <= looked_at] if plan.study.protocol.repeats == "auto" else []


def notes(plan: Plan, run: Run, comparisons: Sequence[Comparison]) -> list[str]:
    """What a reader should know before believing the numbers, one sentence or two each."""
    return [
        *_on_the_teacher(plan, run),
        *_on_the_rows(plan),
        *_on_training(plan),
        *notes_on_equal_scores(comparisons, sum(len(split.test) for split in plan.splits if split.repeat == 0)),
    ]


def _on_the_teacher(plan: Plan, run: Run) -> Iterator[str]:
    leak = leak_of(plan)
    if leak == "leaking":
        yield (
            "The teacher has seen the rows it is tested on: its score, and the students' through its soft targets, "
            "are too good to be true."
        )
    if leak == "unknown":
        yield "The teacher was brought from outside and may have seen test rows (leak status: unknown)."
    yield from dict.fromkeys(_told_by_teachers(plan, run))
    crossing = [own.name for own in plan.apprentices if plan.crosses(own)]
    if crossing:
        who = f"{', '.join(crossing)} of the ensemble" if isinstance(plan.teacher, Ensemble) else "the teacher"
        yield (
            f"What {who} says about rows it is fitted on is out-of-fold: {FOLDS} of its kind have each learnt "
            "from the others of these rows. Its own score is that of one that has learnt from all of them."
        )
    elif plan.fits_teacher and any(own.memorises for own in plan.apprentices):
        yield (
            "The teacher knows the rows it is fitted on by heart, and its soft targets for them are in-sample: they "
            "say little beyond the labels (teacher.cross_fit)."
        )


def _told_by_teachers(plan: Plan, run: Run) -> list[str]:
    """What teachers that are no networks say of themselves."""
    if isinstance(plan.brought, Voice):
        return list(plan.brought.notes)
    if plan.brought is not None and _assumes_an_order(plan):
        return [
            "The teacher's network does not say what its outputs are about: they were taken to be in the order of the "
            "data's classes (teacher.classes says another)."
        ]
    return [note for key in plan.fits for note in json.loads(run.read(f"teach/{key}", NOTES))]


def _assumes_an_order(plan: Plan) -> bool:
    """Whether the classes have names, and nobody has said which output of a network is about which."""
    numbered = tuple(str(number) for number in range(len(plan.data.classes)))
    return plan.task.classifies and plan.study.teacher.classes is None and plan.data.classes != numbered


def _on_the_rows(plan: Plan) -> Iterator[str]:
    yield from plan.data.notes
    labels = plan.data.labels[plan.data.part != UNLABELLED]
    alike = always_alike(Answers(labels, plan.data.classes, plan.data.task))
    if alike:
        yield f"Every row says the same about {', '.join(alike)}: nothing can be learnt about that."
    repeated = count(plan.data)
    if repeated:
        rows = "row repeats" if repeated == 1 else "rows repeat"
        yield f"{repeated:,} {rows} an earlier row exactly; copies never stand on both sides of a test border."
    if plan.data.groups is not None:
        groups = len(np.unique(plan.data.groups))
        yield f"Rows of one group never stand on both sides of a test border; there are {groups:,} groups."
    if plan.data.times is not None:
        yield "Every split is tested on rows later than all that anybody has learnt from."
    if plan.task.classifies:
        yield from lookalikes(plan.data.classes)


def _on_training(plan: Plan) -> Iterator[str]:
    head = fresh_head(plan.study, plan.data)
    if head is not None:
        yield head
    if any(len(split.transfer) for split in plan.splits):
        yield "Beside each labelled batch the student also sees a batch with soft targets only; simple does not."
    if not len(plan.splits[0].student_validation):
        yield "Student and simple have no validation rows: the last epoch's weights are compared."
    if any(method.without_meaning(plan.task) for method in plan.arms.values()):
        yield "A temperature has no meaning for values: the student is drawn to those of the teacher as they are."
    if looks_of(plan):
        yield _note_on_looks(plan)
    if plan.controls:
        yield _note_on_longer(plan)


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
    looks = ", ".join(map(str, looks_of(plan)))
    return (
        f"Repeats are added while a verdict is not settled, here looking after {looks} of at most {plan.looks[-1]}: "
        f"helps and hurts need a probability above {LOOKING_THRESHOLD:g} instead of {THRESHOLD:g}."
    )


def _note_on_longer(plan: Plan) -> str:
    given, wanted, found = plan.study.student.training.epochs, plan.equal_epochs, plan.longer_epochs
    counts = plan.network("teacher") is not None  # else nobody can say what an answer costs
    worth = "as much work as the student and its teacher's answers" if counts else "as much work as the student"
    reason = worth if found == wanted else f"{worth} would take {wanted:,}, but {MOST_TIMES_LONGER} times is the most"
    return f"The control longer was trained for {found:,} epochs instead of {given:,}: {reason}. " + (
        "What trained the teacher is not counted." if counts else "The teacher, its answers included, is not counted."
    )
