"""What the controls say, from planted arms: who explains a gain, and when nobody may be said to."""

from __future__ import annotations

import pytest

from overproof import statistics
from overproof.errors import DataError
from overproof.evaluating.attribution import attribute
from overproof.evaluating.basis import Basis
from overproof.evaluating.judging import judge
from overproof.results import Attribution
from overproof.study import CONTROLS, Study
from tests.evaluating.arms import an_arm
from tests.evaluating.test_judging import CLEAR, LOSSES, NOISE, RATES, SMALL, a_study, negative

#: What no control gives, with a little noise of its own.
NOTHING = [0.001, -0.001, 0.0, 0.001, -0.001]
HARM = [-0.05, -0.04, -0.06, -0.05, -0.05]


def attributed(
    student: list[float], controls: dict[str, list[float]], metric: str = "accuracy", study: Study | None = None
) -> Attribution:
    """What is said of arms given by what they add to simple in each split."""
    simple = RATES if metric == "accuracy" else LOSSES

    def plus(added: list[float]) -> list[float]:
        return [base + more for base, more in zip(simple, added, strict=True)]

    arms = [
        an_arm("teacher", "teacher", metric, [0.96] * 5),
        an_arm("simple", "simple", metric, simple),
        an_arm("student", "student", metric, plus(student)),
        *(an_arm(name, "control", metric, plus(added)) for name, added in controls.items()),
    ]
    found = attribute(arms, judge(study or a_study(metric), arms), Basis(statistics.k_fold(5)))
    assert found is not None
    return found


def all_of(**others: list[float]) -> dict[str, list[float]]:
    """All four controls, which give nothing unless it is said."""
    given = {name.replace("_", "-"): added for name, added in others.items()}
    return {name: given.get(name, NOTHING if name != "random-teacher" else HARM) for name in CONTROLS}


def test_a_gain_that_no_control_gives_is_the_teachers_knowledge() -> None:
    assert attributed(CLEAR, all_of(longer=[0.004, -0.004, 0.013, 0.004, 0.003])).sentence == (
        "of student's gain of 2.0 points over simple, training longer gives 0.4, label smoothing 0.0, "
        "a teacher that knows nothing −5.0, the teacher's answers to other rows 0.0: "
        "what none of them gives, 1.6 points (95 % interval 1.4 … 1.8), is the teacher's knowledge"
    )


def test_a_gain_that_label_smoothing_gives_needs_no_teacher() -> None:
    smooth = [each + more for each, more in zip(CLEAR, SMALL, strict=True)]
    assert attributed(CLEAR, all_of(label_smoothing=smooth)).sentence == (
        "of student's gain of 2.0 points over simple, training longer gives 0.0, label smoothing 2.1, "
        "a teacher that knows nothing −5.0, the teacher's answers to other rows 0.0: "
        "label smoothing alone does as well, so the gain needs no teacher"
    )


def test_the_numbers_are_those_of_the_paired_statistics() -> None:
    found = attributed(CLEAR, all_of(longer=SMALL))
    assert (found.arm, found.metric) == ("student", "accuracy")
    assert [each.arm for each in found.controls] == list(CONTROLS)
    longer = found.controls[0]
    ahead = [one - other for one, other in zip(CLEAR, SMALL, strict=True)]
    for effect, wanted in ((longer.gain, SMALL), (longer.surplus, ahead)):
        assert effect.differences.values == pytest.approx(wanted)
        assert (effect.low, effect.high) == pytest.approx(statistics.interval(wanted, folds=5))
        chances = statistics.probabilities(wanted, folds=5, rope=0.005)
        assert (effect.p_better, effect.p_same, effect.p_worse) == pytest.approx(chances)


def test_positive_is_better_where_less_is_better() -> None:
    found = attributed(negative(CLEAR), all_of(longer=negative(CLEAR), random_teacher=negative(HARM)), "log_loss")
    longer, _, random, _ = found.controls
    assert longer.gain.differences.mean == pytest.approx(0.02)
    assert longer.surplus.differences.mean == pytest.approx(0)
    assert random.gain.differences.mean == pytest.approx(-0.05)
    assert "student's gain of 0.020 in log loss over simple, training longer gives 0.020" in found.sentence


def test_the_first_student_is_the_one() -> None:
    arms = [
        an_arm("teacher", "teacher", "accuracy", [0.96] * 5),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("kd", "student", "accuracy", RATES),
        an_arm("better", "student", "accuracy", [each + 0.02 for each in RATES]),
        an_arm("longer", "control", "accuracy", RATES),
    ]
    comparisons = judge(a_study(), arms)
    assert [each.arm for each in comparisons] == ["kd", "better"], "controls are not judged"
    found = attribute(arms, comparisons, Basis(statistics.k_fold(5)))
    assert found is not None
    assert found.arm == "kd"


def test_controls_change_no_verdict() -> None:
    arms = [
        an_arm("teacher", "teacher", "accuracy", [0.96] * 5),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("student", "student", "accuracy", [base + more for base, more in zip(RATES, CLEAR, strict=True)]),
    ]
    controls = [an_arm(name, "control", "accuracy", [each + 0.02 for each in RATES]) for name in CONTROLS]
    assert judge(a_study(), arms) == judge(a_study(), [*arms, *controls]), "Holm's correction is for students"
    assert attribute(arms, judge(a_study(), arms), Basis(statistics.k_fold(5))) is None


def test_noise_settles_nothing() -> None:
    sentence = attributed(CLEAR, all_of(shuffled_teacher=NOISE)).sentence
    assert sentence.endswith(
        "student is not clearly better than the teacher's answers to other rows, "
        "so it is not settled that the gain is the teacher's knowledge"
    )


def test_arms_scored_on_other_splits_are_refused() -> None:
    arms = [
        an_arm("teacher", "teacher", "accuracy", RATES),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("student", "student", "accuracy", RATES),
        an_arm("longer", "control", "accuracy", RATES * 2),
    ]
    with pytest.raises(DataError, match="longer is scored on 10 splits and simple on 5"):
        attribute(arms, judge(a_study(), arms), Basis(statistics.k_fold(5)))
