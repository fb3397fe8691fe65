"""What is said beside the tables."""

from __future__ import annotations

from typing import Any

import pytest

from overproof.report import summary
from overproof.results import Comparison, Result, Results


def first(results: Results, **changes: Any) -> Comparison:
    return results.result.comparisons[0].model_copy(update=changes)


def with_comparison(results: Results, comparison: Comparison) -> Result:
    return results.result.model_copy(update={"comparisons": [comparison]})


def test_basis_says_what_the_verdict_rests_on(helping: Results) -> None:
    said = summary.basis(helping.result)
    for part in ("accuracy", "5 folds × 2 repeats", "1,797 rows", "Nadeau–Bengio", "±0.5 points", "0.975"):
        assert part in said


def test_one_repeat_is_not_mentioned(minimal: Results) -> None:
    assert "2 folds of" in summary.basis(minimal.result)


def test_metrics_start_with_the_headline_metric_and_end_with_unknown_ones(helping: Results) -> None:
    arm = helping.result.arms[0]
    odd = arm.model_copy(update={"scores": {"top_5": arm.scores["accuracy"], **arm.scores}})
    result = with_comparison(helping, first(helping, metric="log_loss")).model_copy(update={"arms": [odd]})
    assert summary.metrics(result) == ["log_loss", "accuracy", "brier", "ece", "top_5"]
    assert summary.short_list(result) == ["log_loss", "accuracy"]


def test_only_the_teacher_is_marked(leaking: Results, unknown: Results, helping: Results) -> None:
    assert [summary.mark(leaking.result, arm) for arm in leaking.result.arms] == ["leaking", None, None]
    assert [summary.mark(unknown.result, arm) for arm in unknown.result.arms] == ["leak unknown", None, None]
    assert not any(summary.mark(helping.result, arm) for arm in helping.result.arms)


@pytest.mark.parametrize(
    ("metric", "said"),
    [("accuracy", "points"), ("log_loss", "log loss lower by"), ("ece", "points lower by"), ("other", "other")],
)
def test_a_gain_says_which_way_is_better(metric: str, said: str) -> None:
    assert summary.gain(metric) == said


def test_what_would_settle_it(unknown: Results, helping: Results) -> None:
    assert summary.outlook(first(helping)) is None
    assert summary.outlook(first(unknown)) == "only more data can"
    assert summary.outlook(first(unknown, repeats_needed=7)) == "about 7 repeats in all"


def test_interval_has_as_many_decimals_as_it_needs(helping: Results) -> None:
    narrow = first(helping, low=0.0201, high=0.0209)
    assert summary.interval(narrow) == "+2.01 … +2.09"
    assert summary.mean_difference(first(helping, low=0.02, high=0.02)) == "+2.6"
    assert summary.interval(first(helping, low=-0.011, high=0.02)) == "−1.1 … +2.0"


def test_remarks_hold_the_sentences_the_verdict_lacks_then_the_notes(two_methods: Results) -> None:
    noted = two_methods.result.model_copy(update={"notes": ["one", "two"]})
    assert summary.remarks(noted) == [two_methods.result.comparisons[1].sentence, "one", "two"]
