"""From every arm's scores to a verdict, in numbers and in one sentence.

Records hold differences that are positive where the student is better. Sentences say the same in the metric's own
terms: points where more is better, ``log loss lower by`` where less is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from overproof import statistics
from overproof.errors import DataError
from overproof.evaluating import evidence
from overproof.evaluating.basis import Basis
from overproof.evaluating.rows import RowScores
from overproof.evaluating.wording import WORDING, number
from overproof.results import DIRECTION, Arm, Comparison, Role
from overproof.study import Study

#: The rope as a share of simple's value, for a metric that has no scale of its own.
ROPE_SHARE = 0.01

#: Decimals to which scores are compared, so that 0.93 − 0.92 and 0.83 − 0.82 are the same difference.
DECIMALS = 12


def judge(
    study: Study,
    arms: Sequence[Arm],
    rows: Mapping[str, RowScores] = MappingProxyType({}),
    basis: Basis | None = None,
) -> list[Comparison]:
    """Compare each student arm with simple on the study's metric.

    Args:
        study: its protocol says metric (no longer ``auto``), rope, folds, seed, and whether the verdict is looked at
            more than once.
        arms: teacher, simple and the students, scored on the same splits in the same order.
        rows: simple and the students, by name, on single test rows. Evidence of arms that are missing here is None.
        basis: what kind of splits these are; None for those of a cross-validation.

    Returns:
        One comparison for each student arm, in the order of ``arms``. Several are held to Holm's correction together.

    Raises:
        DataError: when two arms are scored on different numbers of splits, or the scores do not fill the folds: a
            single split, for one, has no spread to judge by. Also as :func:`overproof.statistics.row_variance`.

    Example:
        >>> study = Study.model_validate({
        ...     "data": {"source": "digits"}, "teacher": {"model": "cnn"}, "student": {"model": "cnn"},
        ...     "protocol": {"metric": "accuracy"}})
        >>> def arm(role, *values):
        ...     return Arm(name=role, role=role, model="cnn", method=None, parameters=9, macs=None, size=36,
        ...                scores={"accuracy": statistics.spread(values)}, curves=[])
        >>> arms = [arm("teacher", 0.96, 0.95, 0.97, 0.96, 0.96), arm("simple", 0.92, 0.91, 0.93, 0.92, 0.92),
        ...         arm("student", 0.94, 0.92, 0.96, 0.94, 0.94)]
        >>> comparisons = judge(study, arms)
        >>> print(headline(comparisons))
        student beats simple by 2.0 points (95 % interval 0.7 … 3.3), P(helps) 0.98
    """
    metric, basis = study.protocol.metric, basis or Basis(statistics.k_fold(study.protocol.folds))
    teacher, simple = _the(arms, "teacher"), _the(arms, "simple")
    students = [arm for arm in arms if arm.role == "student"]
    rope = ROPE_SHARE * simple.scores[metric].mean if study.rope is None else study.rope
    threshold = _threshold(study)
    confidence = statistics.confidence(threshold)  # 0.95, or as much more as looking often costs

    gaps = paired(teacher, simple, metric)
    differences = [paired(student, simple, metric) for student in students]
    designs = [basis.of(student.name, simple.name) for student in students]
    found = [statistics.probabilities(each, design, rope) for each, design in zip(differences, designs, strict=True)]
    verdicts = statistics.verdicts(found, threshold)
    needed = statistics.repeats_needed(differences, designs, rope, threshold)

    comparisons = []
    for student, each, design, p, verdict, repeats in zip(
        students, differences, designs, found, verdicts, needed, strict=True
    ):
        low, high = statistics.interval(each, design, confidence)
        sampled = basis.sampled_gains(student.name, simple.name, teacher.name, DIRECTION[metric])
        gap = statistics.gap_interval(each, gaps, design, confidence, rows=sampled)
        spread, said = statistics.spread(each), statistics.posterior(each, design)
        by_row = evidence.of_rows(rows.get(student.name), rows.get(simple.name), metric, study.protocol.seed)
        comparison = Comparison(
            arm=student.name,
            metric=metric,
            differences=spread,
            low=low,
            high=high,
            scale=said.scale or None,
            df=said.df if said.scale else None,
            p_helps=p.helps,
            p_same=p.same,
            p_hurts=p.hurts,
            rope=rope,
            threshold=threshold,
            verdict=verdict,
            sentence="",
            gap_closed=statistics.gap_closed(*(_value(arm, metric) for arm in (student, simple, teacher))),
            gap_low=gap.low,
            gap_high=gap.high,
            gap_note=gap.note,
            repeats_needed=repeats if verdict == "not settled" else None,
            power=evidence.power(spread, design, rope, threshold),
            mcnemar_p=by_row.mcnemar_p,
            rows_low=by_row.low,
            rows_high=by_row.high,
        )
        comparisons.append(comparison.model_copy(update={"sentence": _sentence(comparison)}))
    return comparisons


def headline(comparisons: Sequence[Comparison]) -> str:
    """What the comparisons say together: the sentence of the best-supported arm, then the others in few words.

    Each arm was compared with simple; nothing is said about one arm against another.

    Args:
        comparisons: from :func:`judge`, at least one.

    Returns:
        The sentence of the only arm, as in the example of :func:`judge`, or two sentences.
    """
    first, *others = sorted(comparisons, key=_support, reverse=True)
    if not others:
        return first.sentence
    return f"{first.sentence}. Also against simple: {', '.join(map(_in_few_words, others))}"


def _support(found: Comparison) -> tuple[bool, float, float]:
    return found.verdict == "helps", found.p_helps - found.p_hurts, found.differences.mean


def _threshold(study: Study) -> float:
    """What ``helps`` and ``hurts`` have to exceed: more where the verdict is looked at after every few repeats."""
    return statistics.LOOKING_THRESHOLD if study.protocol.repeats == "auto" else statistics.THRESHOLD


def _the(arms: Sequence[Arm], role: Role) -> Arm:
    return next(arm for arm in arms if arm.role == role)


def _value(arm: Arm, metric: str) -> float:
    """The arm's mean, signed so that more is better."""
    return round(DIRECTION[metric] * arm.scores[metric].mean, DECIMALS)


def paired(first: Arm, second: Arm, metric: str) -> list[float]:
    """First − second for each split, positive where the first is better."""
    ours, theirs = first.scores[metric].values, second.scores[metric].values
    if len(ours) != len(theirs):
        raise DataError(
            f"{first.name} is scored on {len(ours)} splits and {second.name} on {len(theirs)}; score both on all"
        )
    return [round(DIRECTION[metric] * (one - other), DECIMALS) for one, other in zip(ours, theirs, strict=True)]


def _sentence(found: Comparison) -> str:
    """The effect first, then its interval, the probability of the likeliest answer, and what could settle it."""
    if found.verdict == "not settled":
        against = "{} − simple is {}" if _more_is_better(found) else "{} has a {} than simple"
        observed = against.format(found.arm, _gain(found))
        return f"not settled: {observed} ({_interval(found)}), {_chance(found)}{_outlook(found)}"
    if found.verdict == "makes no practical difference":
        return f"{found.arm} and simple {_closeness(found)}, {_chance(found)}"
    outcome = "beats simple" if found.verdict == "helps" else "is worse than simple"
    effect = f"by {_size(found)}" if _more_is_better(found) else f"with a {_gain(found)}"
    return f"{found.arm} {outcome} {effect} ({_interval(found)}), {_chance(found)}"


def _in_few_words(found: Comparison) -> str:
    answer = "is not settled" if found.verdict == "not settled" else found.verdict
    return f"{found.arm} {answer} ({_gain(found)})"


def _closeness(found: Comparison) -> str:
    if found.differences.mean == 0 == found.differences.sd:
        return "score the same in every split"
    wording = WORDING[found.metric]
    rope = np.format_float_positional(found.rope * wording.scale, precision=3, fractional=False, trim="0")
    rope = f"{float(rope):,.0f}" if float(rope) >= 1000 else rope
    gain = f"difference {number(found, found.differences.mean, '+')}" if _more_is_better(found) else _gain(found)
    return f"differ by less than {rope}{wording.unit} in practice ({gain}, {_interval(found)})"


def _more_is_better(found: Comparison) -> bool:
    return DIRECTION[found.metric] > 0


def _gain(found: Comparison) -> str:
    """The difference with its direction, as in ``+0.8 points`` or ``log loss 0.008 lower``."""
    if _more_is_better(found):
        return f"{number(found, found.differences.mean, '+')}{WORDING[found.metric].unit}"
    return f"{WORDING[found.metric].noun} {_size(found)} {'higher' if found.differences.mean < 0 else 'lower'}"


def _size(found: Comparison) -> str:
    return f"{number(found, abs(found.differences.mean))}{WORDING[found.metric].unit}"


def _interval(found: Comparison) -> str:
    """The interval of what the sentence speaks of, which is the size of a loss where the student is worse."""
    if found.low == found.high:
        return "the same in every split"
    low, high = found.low, found.high
    if found.verdict == "hurts" or (not _more_is_better(found) and found.differences.mean < 0):
        low, high = -high, -low
    return f"95 % interval {number(found, low)} … {number(found, high)}"


def _chance(found: Comparison) -> str:
    answers = {"helps": found.p_helps, "same": found.p_same, "hurts": found.p_hurts}
    likeliest = max(answers, key=answers.__getitem__)
    chance = answers[likeliest]
    return f"P({likeliest}) {'> 0.99' if chance >= 0.995 else f'{chance:.2f}'}"


def _outlook(found: Comparison) -> str:
    several = ", which is not enough among several methods" if found.p_helps > found.threshold else ""
    if found.repeats_needed is None:
        return f"{several}; more repeats would not settle it, only more data can"
    return f"{several}; about {found.repeats_needed} repeats in all would settle it if the spread stays"
