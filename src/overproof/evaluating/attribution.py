"""From the control arms' scores to what they say about a gain."""

from __future__ import annotations

from collections.abc import Sequence

from overproof import statistics
from overproof.evaluating.basis import Basis
from overproof.evaluating.crediting import credit
from overproof.evaluating.judging import paired
from overproof.results import Arm, Attribution, Comparison, Control, Effect


def attribute(arms: Sequence[Arm], comparisons: Sequence[Comparison], basis: Basis) -> Attribution | None:
    """Set every control beside simple and beside the first student.

    That the student beats a control, or is no better, is judged as ``helps`` and ``hurts`` are. To claim that the
    teacher's knowledge is behind a gain the student must beat every control; a claim that needs all of several tests to
    pass needs no correction for their number (Berger, Technometrics 24:295–300, 1982).

    Args:
        arms: simple, the students and the controls, scored on the same splits in the same order.
        comparisons: from :func:`overproof.evaluating.judging.judge`.
        basis: what kind of splits these are, as for :func:`overproof.evaluating.judging.judge`.

    Returns:
        What the controls say; None where there are none.

    Raises:
        DataError: as :func:`overproof.evaluating.judging.judge`.

    Example:
        >>> from overproof.evaluating.judging import judge
        >>> from overproof.study import Study
        >>> def arm(role, name, *values):
        ...     return Arm(name=name, role=role, model="cnn", method=None, parameters=9, macs=None, size=36,
        ...                scores={"accuracy": statistics.spread(values)}, curves=[])
        >>> arms = [arm("teacher", "teacher", 0.96, 0.95, 0.97, 0.96, 0.96),
        ...         arm("simple", "simple", 0.92, 0.91, 0.93, 0.92, 0.92),
        ...         arm("student", "student", 0.94, 0.92, 0.96, 0.94, 0.94),
        ...         arm("control", "longer", 0.923, 0.905, 0.942, 0.923, 0.922),
        ...         arm("control", "random-teacher", 0.87, 0.86, 0.88, 0.87, 0.87)]
        >>> study = Study.model_validate({
        ...     "data": {"source": "digits"}, "teacher": {"model": "cnn"}, "student": {"model": "cnn"},
        ...     "protocol": {"metric": "accuracy"}})
        >>> for part in attribute(arms, judge(study, arms), Basis(statistics.k_fold(5))).sentence.split(": "):
        ...     print(part)
        of student's gain of 2.0 points over simple, training longer gives 0.3, a teacher that knows nothing −5.0
        what none of them gives, 1.7 points (95 % interval 1.5 … 1.9), is the teacher's knowledge
    """
    controls = [arm for arm in arms if arm.role == "control"]
    if not controls:
        return None
    comparison = comparisons[0]
    simple = next(arm for arm in arms if arm.role == "simple")
    student = next(arm for arm in arms if arm.name == comparison.arm)

    def effect(first: Arm, second: Arm) -> Effect:
        differences, design = paired(first, second, comparison.metric), basis.of(first.name, second.name)
        low, high = statistics.interval(differences, design, statistics.confidence(comparison.threshold))
        better, same, worse = statistics.probabilities(differences, design, comparison.rope)
        return Effect(
            differences=statistics.spread(differences),
            low=low,
            high=high,
            p_better=better,
            p_same=same,
            p_worse=worse,
        )

    found = [
        Control(arm=control.name, gain=effect(control, simple), surplus=effect(student, control))
        for control in controls
    ]
    return Attribution(arm=student.name, metric=comparison.metric, controls=found, sentence=credit(comparison, found))
