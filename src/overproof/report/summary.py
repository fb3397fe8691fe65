"""What every form of the report says beside its tables: what the verdict rests on, warnings, units, remarks.

Texts come out unescaped; terminal, Markdown and HTML escape them in their own way.
"""

from __future__ import annotations

from overproof.report import numbers, words
from overproof.report.tasks import words_of
from overproof.results import DIRECTION, Arm, Comparison, Leak, Result, Results

#: The order in which metrics are shown after the headline metric.
METRICS = (
    "accuracy", "balanced_accuracy", "roc_auc", "average_precision", "f1", "rmse", "mae", "r2", "log_loss", "brier",
    "ece", "agreement",
)  # fmt: skip

#: Those that have a section of their own, beside the scores.
SPECIAL = ("ece_equal_mass", "kl", "mistakes_inherited", "teacher_rmse")

#: Those worth the room in a narrow table, beside the headline metric.
_SHORT = ("accuracy", "roc_auc", "mae", "r2", "log_loss", "agreement")

#: What stands beside every number of a teacher that may have seen its test rows.
MARKS: dict[Leak, str | None] = {"none": None, "unknown": "leak unknown", "leaking": "leaking"}

#: What it means, in sentences.
LEAKS: dict[Leak, str] = {
    "none": "The teacher was tested only on rows it had never seen.",
    "unknown": "Leak status unknown: nobody declared whether the teacher has seen the rows it is tested on. If it has, "
    "its own score is too high, and its soft targets may have told the student about test rows.",
    "leaking": "Leaking teacher: it has seen the rows it is tested on. Its score is too high, and its soft "
    "targets may have told the student about test rows.",
}


def headline_metric(result: Result) -> str:
    """The metric the verdict is about."""
    return result.comparisons[0].metric


def mark(result: Result, arm: Arm) -> str | None:
    """The warning that stands beside the arm's numbers, or None."""
    return MARKS[result.leak] if arm.role == "teacher" else None


def metrics(result: Result) -> list[str]:
    """Every metric that some arm has and that is shown among the scores, the headline metric first."""
    found = {metric for arm in result.arms for metric in arm.scores} - {*SPECIAL}
    first = headline_metric(result)
    known = [metric for metric in METRICS if metric in found and metric != first]
    return [first, *known, *sorted(found - {first, *METRICS})]


def short_list(result: Result) -> list[str]:
    """The metrics that fit in a narrow table: the headline metric and up to two that say something else."""
    first, *others = metrics(result)
    return [first, *(metric for metric in others if metric in _SHORT)][:3]


#: How to read scores and costs.
SCORES_LEGEND = "Mean ± standard deviation over the splits."
COSTS_LEGEND = "Speed is relative to the teacher, one row at a time on one thread."


def legend(results: Results) -> str:
    """How to read the table of arms."""
    return f"{SCORES_LEGEND} {COSTS_LEGEND}" if results.measured.latency_ratio else SCORES_LEGEND


def interval(comparison: Comparison) -> str:
    """The 95 % interval, as in ``+0.9 … +3.1``."""
    metric, digits = comparison.metric, digits_of(comparison)
    low, high = (numbers.difference(metric, end, digits) for end in (comparison.low, comparison.high))
    return f"{low} … {high}"


def mean_difference(comparison: Comparison) -> str:
    """The mean difference with its sign, without its unit."""
    return numbers.difference(comparison.metric, comparison.differences.mean, digits_of(comparison))


def gap_closed(comparison: Comparison) -> str | None:
    """Gap closed in percent, or None where the teacher is not better than simple."""
    return None if comparison.gap_closed is None else numbers.percent(comparison.gap_closed, 0)


def unit(metric: str) -> str:
    """The unit of a difference: ``points`` for rates, else the metric's name."""
    return "points" if metric in numbers.RATES else words.metric(metric)


def gain(metric: str) -> str:
    """What a positive difference is counted in, for headings: ``points``, or ``log loss lower by``."""
    return f"{unit(metric)} lower by" if DIRECTION.get(metric) == -1 else unit(metric)


def region(comparison: Comparison) -> str:
    """The region of practical equivalence, as in ``±0.5 points``."""
    return f"±{numbers.loss(numbers.scale(comparison.metric) * comparison.rope)} {unit(comparison.metric)}"


def digits_of(comparison: Comparison) -> int:
    """Decimals that suit the comparison's interval."""
    return numbers.decimals(
        comparison.metric, (comparison.high - comparison.low) / 2 or abs(comparison.differences.mean)
    )


def outlook(comparison: Comparison) -> str | None:
    """What would settle a comparison that is not settled, or None for one that is."""
    if comparison.verdict != "not settled":
        return None
    if comparison.repeats_needed is None:
        return "only more data can"
    return f"about {comparison.repeats_needed:,} repeats in all"


def reach(comparison: Comparison) -> str | None:
    """Which true differences could have been found, or None where it is not known."""
    power = comparison.power
    if power is None:
        return None
    detectable, floor = (
        numbers.difference(comparison.metric, value, digits_of(comparison), sign=False)
        for value in (power.detectable, power.floor)
    )
    return (
        f"{words.line(comparison.arm)}: a true difference of {detectable} {gain(comparison.metric)} is found four "
        f"times out of five; with more repeats of these folds the mean difference would still have to exceed {floor}."
    )


def gap_interval(comparison: Comparison) -> str | None:
    """The 95 % interval of the gap closed, or why there is none; None where the gap itself is not known."""
    if comparison.gap_closed is None:
        return None
    if comparison.gap_low is None or comparison.gap_high is None:
        return None if comparison.gap_note is None else words.line(comparison.gap_note)
    low, high = (numbers.percent(end, 0) for end in (comparison.gap_low, comparison.gap_high))
    return f"95 % interval {low} … {high}"


def rows_evidence(comparison: Comparison) -> str | None:
    """What the test rows of the first repeat say by themselves, or None where they are silent."""
    said = []
    if comparison.rows_low is not None and comparison.rows_high is not None:
        low, high = (
            numbers.difference(comparison.metric, end, digits_of(comparison))
            for end in (comparison.rows_low, comparison.rows_high)
        )
        said.append(f"95 % bootstrap interval {low} … {high} {unit(comparison.metric)}")
    if comparison.mcnemar_p is not None:
        p = numbers.probability(comparison.mcnemar_p)
        said.append(f"McNemar’s exact test p {p if p.startswith('<') else f'= {p}'}")
    return ", ".join(said) or None


def unscaled(result: Result) -> list[str]:
    """Which arms were not scaled, one sentence for each reason."""
    reasons: dict[str, list[str]] = {}
    for arm in result.arms:
        if arm.calibration is not None and arm.calibration.why_unscaled is not None:
            reasons.setdefault(words.line(arm.calibration.why_unscaled), []).append(arm.name)
    return [f"Not scaled ({words.listing(names)}): {reason}." for reason, names in reasons.items()]


def rows(result: Result) -> str:
    """How many rows there are, and of which kinds where not all are labelled."""
    data = result.data
    kinds = [(data.labelled or 0, "labelled"), (data.unlabelled, "unlabelled"), (data.test, "in an official test set")]
    others = [f"{count:,} {kind}" for count, kind in kinds if count]
    return f"{data.rows:,} rows" + (f" ({', '.join(others)})" if data.unlabelled or data.test else "")


def task(result: Result) -> str:
    """The task, what it is judged by, and what is learnt, in one sentence."""
    said, metric = words_of(result), words.metric(headline_metric(result))
    return f"Task: {said.name}, judged by {metric}. Hard loss: {said.hard}. Soft loss: {said.soft}."


def splits(result: Result) -> str:
    """How many splits there are, and of what."""
    folds = len({split.fold for split in result.splits})
    repeats = len({split.repeat for split in result.splits})
    if result.data.test:
        return f"{repeats} seed{'s' if repeats > 1 else ''} and one official test set"
    if in_time(result):
        return f"{folds} folds in the order of time" + (f" × {repeats} seeds" if repeats > 1 else "")
    return f"{folds} folds" if repeats == 1 else f"{folds} folds × {repeats} repeats"


def basis(result: Result) -> str:
    """What the verdict rests on."""
    first = result.comparisons[0]
    return (
        f"Rests on paired {words.metric(first.metric)} differences over {splits(result)} of {_tested(result)} rows: "
        f"{_method(result)}. Up to {region(first)} makes no practical difference; "
        f"helps and hurts need a probability above {first.threshold:g}."
    )


def in_time(result: Result) -> bool:
    """Whether every fold is tested on rows later than those it is trained on."""
    table = result.study.get("data")
    return isinstance(table, dict) and table.get("time") is not None


def _method(result: Result) -> str:
    """How the differences are judged, by name."""
    if result.data.test:
        return "Student’s t over the seeds, with what the choice of the test rows adds"
    if in_time(result):
        return "Nadeau–Bengio interval, Bayesian correlated t-test, each fold once"
    return "Nadeau–Bengio interval, Bayesian correlated t-test"


def _tested(result: Result) -> str:
    data = result.data
    if in_time(result):  # the earliest rows are never tested
        return f"{sum(split.test for split in result.splits if split.repeat == 0):,}"
    return f"{data.test or data.rows - data.unlabelled:,}"


def remarks(result: Result) -> list[str]:
    """What a reader should know beside the tables: sentences the verdict has no room for, what controls say, notes."""
    sentences = [found.sentence for found in result.comparisons if found.sentence not in result.verdict]
    sentences += [] if result.attribution is None else [result.attribution.sentence]
    return [words.line(text) for text in (*sentences, *result.notes)]
