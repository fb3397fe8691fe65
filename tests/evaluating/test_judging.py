"""Verdicts in words: a golden sentence for every kind, and what no sentence may ever say."""

from __future__ import annotations

import re
import typing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof import statistics, study
from overproof.errors import DataError
from overproof.evaluating.judging import headline, judge
from overproof.evaluating.rows import RowScores
from overproof.results import DIRECTION, Comparison
from overproof.study import Study
from tests.evaluating.arms import an_arm

RATES = [0.92, 0.91, 0.93, 0.92, 0.92]
LOSSES = [0.40, 0.42, 0.38, 0.41, 0.39]

CLEAR = [0.02, 0.01, 0.03, 0.02, 0.02]
SMALL = [0.001, 0.002, 0.0, -0.001, 0.001]
LIKELY = [0.03, 0.01, 0.04, 0.01, 0.05]
NOISE = [0.03, -0.04, 0.04, 0.0, 0.05]


def a_study(metric: str = "accuracy", rope: float | None = None, folds: int = 5, repeats: int | str = 1) -> Study:
    protocol = {"metric": metric, "folds": folds, "repeats": repeats} | ({} if rope is None else {"rope": rope})
    return Study.model_validate(
        {"data": {"source": "digits"}, "teacher": {"model": "cnn"}, "student": {"model": "cnn"}, "protocol": protocol}
    )


def compare(
    metric: str, simple: list[float], *, rope: float | None = None, teacher: float = 0.96, **students: list[float]
) -> list[Comparison]:
    """Judge students given by what they add to simple in each split."""
    arms = [
        an_arm("teacher", "teacher", metric, [teacher] * len(simple)),
        an_arm("simple", "simple", metric, simple),
        *(
            an_arm(name, "student", metric, [base + more for base, more in zip(simple, added, strict=True)])
            for name, added in students.items()
        ),
    ]
    return judge(a_study(metric, rope), arms)


def negative(differences: list[float]) -> list[float]:
    return [-each for each in differences]


@pytest.mark.parametrize(
    ("added", "verdict", "sentence"),
    [
        (CLEAR, "helps", "student beats simple by 2.0 points (95 % interval 0.7 … 3.3), P(helps) 0.98"),
        (
            negative(CLEAR),
            "hurts",
            "student is worse than simple by 2.0 points (95 % interval 0.7 … 3.3), P(hurts) 0.98",
        ),
        (
            SMALL,
            "makes no practical difference",
            "student and simple differ by less than 0.5 points in practice "
            "(difference +0.1, 95 % interval −0.2 … 0.3), P(same) > 0.99",
        ),
        (
            LIKELY,
            "not settled",
            "not settled: student − simple is +2.8 points (95 % interval −0.5 … 6.1), P(helps) 0.94; "
            "about 3 repeats in all would settle it if the spread stays",
        ),
        (
            NOISE,
            "not settled",
            "not settled: student − simple is +1.6 points (95 % interval −5.2 … 8.4), P(helps) 0.66; "
            "more repeats would not settle it, only more data can",
        ),
        (
            negative(NOISE),
            "not settled",
            "not settled: student − simple is −1.6 points (95 % interval −8.4 … 5.2), P(hurts) 0.66; "
            "more repeats would not settle it, only more data can",
        ),
        ([0.02] * 5, "helps", "student beats simple by 2.0 points (the same in every split), P(helps) > 0.99"),
        (
            [0.0] * 5,
            "makes no practical difference",
            "student and simple score the same in every split, P(same) > 0.99",
        ),
    ],
)
def test_every_verdict_on_a_rate_has_its_sentence(added: list[float], verdict: str, sentence: str) -> None:
    [found] = compare("accuracy", RATES, student=added)
    assert (found.verdict, found.sentence) == (verdict, sentence)
    assert headline([found]) == sentence


@pytest.mark.parametrize(
    ("added", "verdict", "sentence"),
    [
        (
            [-0.03, -0.025, -0.04, -0.03, -0.035],
            "helps",
            "student beats simple with a log loss 0.032 lower (95 % interval 0.021 … 0.043), P(helps) > 0.99",
        ),
        (
            [0.03, 0.025, 0.04, 0.03, 0.035],
            "hurts",
            "student is worse than simple with a log loss 0.032 higher (95 % interval 0.021 … 0.043), P(hurts) > 0.99",
        ),
        (
            SMALL,
            "makes no practical difference",
            "student and simple differ by less than 0.004 in practice "
            "(log loss 0.001 higher, 95 % interval −0.002 … 0.003), P(same) 0.99",
        ),
        (
            negative(LIKELY),
            "not settled",
            "not settled: student has a log loss 0.028 lower than simple (95 % interval −0.005 … 0.061), "
            "P(helps) 0.94; about 2 repeats in all would settle it if the spread stays",
        ),
        (
            NOISE,
            "not settled",
            "not settled: student has a log loss 0.016 higher than simple (95 % interval −0.052 … 0.084), "
            "P(hurts) 0.68; more repeats would not settle it, only more data can",
        ),
    ],
)
def test_every_verdict_on_a_loss_says_which_way_is_better(added: list[float], verdict: str, sentence: str) -> None:
    [found] = compare("log_loss", LOSSES, student=added)
    assert (found.verdict, found.sentence) == (verdict, sentence)
    assert found.rope == pytest.approx(0.004)  # 1 % of simple's 0.40


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("balanced_accuracy", "student is worse than simple by 2.0 points of balanced accuracy ("),
        ("brier", "student beats simple with a Brier score 0.020 lower ("),
        ("ece", "student beats simple with a calibration error 2.0 points lower ("),
    ],
)
def test_the_other_metrics_are_named(metric: str, expected: str) -> None:
    [found] = compare(metric, LOSSES, student=negative(CLEAR))
    assert found.sentence.startswith(expected)


@pytest.mark.parametrize("metric", typing.get_args(study.Metric))
def test_positive_is_better_whatever_the_metric(metric: str) -> None:
    better = [DIRECTION[metric] * each for each in CLEAR]
    [found] = compare(metric, LOSSES, rope=0.005, teacher=0.4 + DIRECTION[metric] * 0.04, student=better)
    assert found.differences.values == CLEAR
    assert found.verdict == "helps"
    assert 0 < found.low < found.differences.mean < found.high
    assert (found.p_helps, found.p_same, found.p_hurts) == statistics.probabilities(CLEAR, folds=5, rope=0.005)
    assert found.gap_closed == pytest.approx(0.5)


@pytest.mark.parametrize("metric", ["log_loss", "rmse", "mae"])
def test_a_metric_without_a_scale_of_its_own_has_a_rope_of_one_percent(metric: str) -> None:
    [found] = compare(metric, [1_000 * each for each in LOSSES], teacher=300, student=[-1.0, 0.0, 1.0, 0.0, 0.5])
    assert found.rope == pytest.approx(4.0)
    assert found.verdict == "makes no practical difference"
    [given] = compare(metric, LOSSES, rope=0.2, student=NOISE)
    assert given.rope == 0.2


@pytest.mark.parametrize("metric", ["accuracy", "brier", "roc_auc", "average_precision", "f1", "r2"])
def test_the_rope_of_the_others_is_five_thousandths(metric: str) -> None:
    [found] = compare(metric, RATES, student=NOISE)
    assert found.rope == 0.005


def test_there_is_no_gap_to_close_where_the_teacher_is_no_better_than_simple() -> None:
    [found] = compare("accuracy", RATES, teacher=0.92, student=CLEAR)
    assert found.gap_closed is None
    [found] = compare("log_loss", LOSSES, teacher=0.5, student=CLEAR)
    assert found.gap_closed is None


def test_the_gap_closed_has_an_interval_or_says_why_not() -> None:
    [found] = compare("accuracy", RATES, teacher=0.96, student=CLEAR)
    gaps = [round(0.96 - base, 12) for base in RATES]
    assert (found.gap_low, found.gap_high, found.gap_note) == statistics.gap_interval(CLEAR, gaps, folds=5)
    assert found.gap_low is not None
    assert found.gap_closed is not None
    assert found.gap_high is not None
    assert found.gap_low < found.gap_closed < found.gap_high
    [found] = compare("log_loss", LOSSES, teacher=0.5, student=CLEAR)
    assert (found.gap_low, found.gap_high) == (None, None)
    assert found.gap_note == "the teacher is not better than simple, so there is no gap to close"
    [found] = compare("accuracy", [0.90, 0.98, 0.89, 0.97, 0.90], teacher=0.94, student=CLEAR)
    assert found.gap_closed is not None
    assert (found.gap_low, found.gap_high) == (None, None)
    assert found.gap_note is not None
    assert found.gap_note.startswith("the teacher's lead over simple is not clearly different from 0")


def test_who_looks_more_than_once_is_held_to_the_higher_threshold() -> None:
    arms = [
        an_arm("teacher", "teacher", "accuracy", [0.96] * 5),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("student", "student", "accuracy", [base + more for base, more in zip(RATES, CLEAR, strict=True)]),
    ]
    [once], [looking] = judge(a_study(), arms), judge(a_study(repeats="auto"), arms)
    assert (once.verdict, once.threshold) == ("helps", statistics.THRESHOLD)
    assert (looking.verdict, looking.threshold) == ("not settled", statistics.LOOKING_THRESHOLD)
    assert 0.975 < looking.p_helps < 0.99
    assert [looking.repeats_needed] == statistics.repeats_needed([CLEAR], 5, 0.005, statistics.LOOKING_THRESHOLD)
    assert looking.repeats_needed == 2
    assert (looking.low, looking.high) == statistics.interval(CLEAR, 5, confidence=0.98)
    assert once.power is not None
    assert looking.power is not None
    assert once.power.detectable < looking.power.detectable
    assert once.power.floor < looking.power.floor


def test_rows_stand_beside_the_verdict_and_do_not_move_it() -> None:
    right = {"simple": [True] * 50 + [False] * 50, "student": [True] * 90 + [False] * 10}
    rows = {name: RowScores(np.array(each), np.array(each, dtype=float)) for name, each in right.items()}
    arms = [
        an_arm("teacher", "teacher", "accuracy", RATES),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("student", "student", "accuracy", [base + more for base, more in zip(RATES, NOISE, strict=True)]),
    ]
    [without], [found] = judge(a_study(), arms), judge(a_study(), arms, rows)
    assert (without.mcnemar_p, without.rows_low, without.rows_high) == (None, None, None)
    assert found.mcnemar_p == statistics.mcnemar(right["student"], right["simple"])
    assert found.rows_low is not None
    assert found.rows_high is not None
    assert 0.25 < found.rows_low < 0.4 < found.rows_high < 0.55
    assert found.model_copy(update={"mcnemar_p": None, "rows_low": None, "rows_high": None}) == without


def test_equal_differences_are_equal_in_spite_of_rounding() -> None:
    simple = [0.91, 0.82, 0.33, 0.14, 0.05]
    assert len({base + 0.005 - base for base in simple}) > 1
    [found] = compare("accuracy", simple, student=[0.005] * 5)
    assert (found.low, found.high, found.differences.sd) == (0.005, 0.005, 0.0)
    assert found.verdict == "makes no practical difference"  # exactly the rope, on no side of it by accident
    assert "(difference +0.5, the same in every split)" in found.sentence


def test_tiny_differences_get_the_decimals_they_need() -> None:
    [found] = compare("accuracy", RATES, rope=0.0, student=[each / 100 for each in CLEAR])
    assert found.sentence == "student beats simple by 0.02 points (95 % interval 0.01 … 0.03), P(helps) 0.99"
    [found] = compare("log_loss", LOSSES, rope=0.00002, student=[each / 1000 for each in SMALL])
    assert found.sentence == (
        "student and simple differ by less than 0.00002 in practice "
        "(log loss 0.000001 higher, 95 % interval −0.000002 … 0.000003), P(same) > 0.99"
    )


def test_repeats_count_as_more_splits_of_the_same_folds() -> None:
    [once] = compare("accuracy", RATES, student=LIKELY)
    assert once.repeats_needed == 3
    [thrice] = compare("accuracy", RATES * 3, student=LIKELY * 3)
    assert thrice.verdict == "helps"
    assert thrice.repeats_needed is None
    assert (thrice.low, thrice.high) == statistics.interval(thrice.differences.values, folds=5)


def test_several_methods_are_held_to_holm_together() -> None:
    [alone] = compare("accuracy", RATES, kd=CLEAR)
    assert alone.verdict == "helps"
    kd, at, same = compare("accuracy", RATES, kd=CLEAR, at=negative(CLEAR), same=SMALL)
    assert (kd.verdict, at.verdict, same.verdict) == ("not settled", "hurts", "makes no practical difference")
    assert (kd.p_helps, kd.low, kd.high) == (alone.p_helps, alone.low, alone.high)
    assert kd.p_helps > kd.threshold
    assert kd.repeats_needed == 2
    assert headline([at, same, kd]) == (
        "not settled: kd − simple is +2.0 points (95 % interval 0.7 … 3.3), P(helps) 0.98, "
        "which is not enough among several methods; about 2 repeats in all would settle it if the spread stays. "
        "Also against simple: same makes no practical difference (+0.1 points), at hurts (−2.0 points)"
    )


def test_the_headline_starts_with_the_best_supported_arm() -> None:
    sure = [0.021, 0.019, 0.030, 0.019, 0.020]
    found = compare("accuracy", RATES, noise=NOISE, kd=CLEAR, dkd=sure)
    assert [each.arm for each in found] == ["noise", "kd", "dkd"]
    assert headline(found) == (
        "dkd beats simple by 2.2 points (95 % interval 1.3 … 3.0), P(helps) > 0.99. "
        "Also against simple: kd is not settled (+2.0 points), noise is not settled (+1.6 points)"
    )
    losses = compare("log_loss", LOSSES, kd=negative(sure), at=NOISE)
    assert headline(losses).endswith(". Also against simple: at is not settled (log loss 0.016 higher)")


def test_an_arm_that_helps_comes_before_one_that_holm_blocks() -> None:
    [found] = compare("accuracy", RATES, student=CLEAR)
    wide = found.model_copy(update={"p_helps": 0.99, "p_hurts": 0.01, "sentence": "wide helps"})
    blocked = found.model_copy(update={"p_helps": 0.985, "p_hurts": 0.0, "verdict": "not settled"})
    assert headline([blocked, wide]).startswith("wide helps. Also")


def test_a_round_rope_keeps_its_decimal() -> None:
    [found] = compare("accuracy", RATES, rope=0.01, student=SMALL)
    assert "differ by less than 1.0 points in practice" in found.sentence
    [found] = compare("accuracy", RATES, rope=0.0125, student=SMALL)
    assert "differ by less than 1.25 points in practice" in found.sentence


def test_a_single_split_is_refused() -> None:
    with pytest.raises(DataError, match=r"a multiple of folds \(5\), got 1"):
        compare("accuracy", [0.92], student=[0.02])


def test_arms_scored_on_other_splits_are_refused() -> None:
    arms = [
        an_arm("teacher", "teacher", "accuracy", RATES),
        an_arm("simple", "simple", "accuracy", RATES),
        an_arm("kd", "student", "accuracy", RATES * 2),
    ]
    with pytest.raises(DataError, match="kd is scored on 10 splits and simple on 5"):
        judge(a_study(), arms)


@given(
    st.sampled_from(typing.get_args(study.Metric)),
    st.lists(st.integers(-30, 30), min_size=5, max_size=5),
    st.sampled_from([0.1, 0.01, 0.001, 1e-6]),
    st.sampled_from([None, 0.0, 0.01]),
)
def test_sentences_show_numbers_as_people_write_them(
    metric: str, counts: list[int], unit: float, rope: float | None
) -> None:
    [found] = compare(metric, [0.5] * 5, rope=rope, student=[count * unit for count in counts])
    assert re.search(r"[+−]0\.0*(?!\d)", found.sentence) is None, "a signed zero"
    assert re.search(r"[+-]-|-\d|\de[+-]?\d|nan|inf\b", found.sentence) is None, "not a number people write"
    assert found.sentence.startswith("not settled: ") == (found.verdict == "not settled")
