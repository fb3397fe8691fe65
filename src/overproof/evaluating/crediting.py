"""Where a gain came from, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from overproof import statistics
from overproof.evaluating.wording import WORDING, number
from overproof.results import Comparison, Control, Effect, Verdict

#: What each control is, as a cause of a gain.
NAMES = {
    "longer": "training longer",
    "label-smoothing": "label smoothing",
    "random-teacher": "a teacher that knows nothing",
    "shuffled-teacher": "the teacher's answers to other rows",
}

#: Those that have no teacher at all.
TEACHERLESS = ("longer", "label-smoothing")


def credit(gain: Comparison, controls: Sequence[Control]) -> str:
    """Say what the controls give, and what of the student's gain is left for the teacher's knowledge.

    What is left is what the student has beyond the best control. It is the teacher's knowledge only where the student
    is clearly better than every control, by more than the rope.

    Args:
        gain: of the student, against simple.
        controls: what each of them says, at least one.

    Returns:
        One sentence without a full stop. Numbers are gains: positive is better, whatever the metric.
    """
    if gain.verdict != "helps":
        return f"{_nothing_to_explain(gain)}; gains over simple: {_gains(gain, controls, signed=True)}"
    amount = f"{number(gain, gain.differences.mean)}{_unit(gain)}"
    return f"of {gain.arm}'s gain of {amount} over simple, {_gains(gain, controls)}: {_conclusion(gain, controls)}"


def _nothing_to_explain(gain: Comparison) -> str:
    if gain.verdict == "not settled":
        return f"whether {gain.arm} gains anything over simple is not settled, so there is nothing to explain yet"
    return f"{gain.arm} gains nothing over simple, so there is nothing to explain"


def _gains(gain: Comparison, controls: Sequence[Control], *, signed: bool = False) -> str:
    """What each control gives, as in ``training longer gives 0.4, label smoothing 0.3``."""
    if signed:
        numbers = [number(gain, each.gain.differences.mean, "+") for each in controls]
        numbers[0] += _unit(gain)
        return ", ".join(f"{NAMES[each.arm]} {value}" for each, value in zip(controls, numbers, strict=True))
    first, *others = [(NAMES[each.arm], number(gain, each.gain.differences.mean)) for each in controls]
    return ", ".join([f"{first[0]} gives {first[1]}", *(f"{name} {value}" for name, value in others)])


def _conclusion(gain: Comparison, controls: Sequence[Control]) -> str:
    verdicts = {each.arm: _verdict(gain, each.surplus) for each in controls}
    enough = [arm for arm, verdict in verdicts.items() if verdict in ("hurts", "makes no practical difference")]
    if enough:
        said = ", ".join(_is_enough(arm, more=verdicts[arm] == "hurts") for arm in enough)
        needless = any(arm in TEACHERLESS for arm in enough)
        return f"{said}, so {'the gain needs no teacher' if needless else 'the gain is not what the teacher knows'}"
    unsettled = [NAMES[arm] for arm, verdict in verdicts.items() if verdict == "not settled"]
    if unsettled:
        return (
            f"{gain.arm} is not clearly better than {' or '.join(unsettled)}, "
            "so it is not settled that the gain is the teacher's knowledge"
        )
    best = max(controls, key=lambda each: each.gain.differences.mean)
    if not _positive(number(gain, best.gain.differences.mean)):
        return "none of them gives any of it, so all of it is the teacher's knowledge"
    left = best.surplus
    return (
        f"what none of them gives, {number(gain, left.differences.mean)}{_unit(gain)}{_interval(gain, left)}, "
        "is the teacher's knowledge"
    )


def _verdict(gain: Comparison, surplus: Effect) -> Verdict:
    """Whether the student beats a control."""
    found = statistics.Probabilities(surplus.p_better, surplus.p_same, surplus.p_worse)
    return statistics.verdict(found, gain.threshold)


def _is_enough(arm: str, *, more: bool) -> str:
    if arm in TEACHERLESS:
        return f"{NAMES[arm]} alone does {'better' if more else 'as well'}"
    return f"{NAMES[arm]} {'help' if arm == 'shuffled-teacher' else 'helps'} {'more' if more else 'as much'}"


def _positive(written: str) -> bool:
    """Whether a number is more than nothing as it is written."""
    return not written.startswith("−") and written.strip("0.") != ""


def _unit(gain: Comparison) -> str:
    wording = WORDING[gain.metric]
    return f"{wording.unit}{' in ' if wording.noun else ''}{wording.noun}"


def _interval(gain: Comparison, effect: Effect) -> str:
    if effect.differences.sd == 0:
        return ""
    return f" (95 % interval {number(gain, effect.low)} … {number(gain, effect.high)})"
