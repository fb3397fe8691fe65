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


def test_the_task_is_said(helping: Results, values: Results, labels: Results) -> None:
    assert summary.task(helping.result).startswith(
        "Task: multi-class, judged by accuracy. Hard loss: cross-entropy with the labels, in nats per example. Soft "
    )
    assert "Task: regression, judged by RMSE. Hard loss: squared" in summary.task(values.result)
    assert summary.task(labels.result).startswith("Task: multi-label, judged by average precision. Hard loss: binary")


def test_rows_of_other_kinds_are_counted(helping: Results, values: Results, labels: Results) -> None:
    assert summary.rows(helping.result) == "1,797 rows"
    assert summary.rows(values.result) == "2,297 rows (1,797 labelled, 500 unlabelled)"
    assert summary.rows(labels.result) == "1,797 rows (1,437 labelled, 360 in an official test set)"
    assert "5 folds × 2 repeats of 1,797 rows" in summary.basis(values.result)
    assert "over 5 seeds and one official test set of 360 rows: Student’s t over the seeds" in summary.basis(
        labels.result
    )


def test_folds_in_time_are_called_so(helping: Results) -> None:
    study = {**helping.result.study, "data": {"source": "digits", "time": "day"}}
    result = helping.result.model_copy(update={"study": study})
    assert "5 folds in the order of time × 2 seeds of 1,798 rows" in summary.basis(result)
    assert "each fold once" in summary.basis(result)


def test_differences_in_the_unit_of_a_target_have_the_decimals_they_need(values: Results) -> None:
    [found] = values.result.comparisons
    assert summary.region(found) == f"±{found.rope:.0f} RMSE"
    assert "." not in summary.mean_difference(found)
    tiny = found.model_copy(
        update={
            "low": found.low / 1e8, "high": found.high / 1e8, "rope": found.rope / 1e8,
            "differences": found.differences.model_copy(update={"mean": found.differences.mean / 1e8}),
        }
    )  # fmt: skip
    assert summary.mean_difference(tiny).startswith("+0.00006")
    assert "e" not in summary.region(tiny)


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("accuracy", "points"),
        ("log_loss", "log loss lower by"),
        ("ece", "points lower by"),
        ("other", "other"),
        ("rmse", "RMSE lower by"),
        ("r2", "R²"),
        ("roc_auc", "points"),
    ],
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


def test_remarks_hold_what_the_controls_say(controlled: Results) -> None:
    assert controlled.result.attribution is not None
    assert summary.remarks(controlled.result) == [controlled.result.attribution.sentence]


def test_what_could_have_been_found_is_said_in_the_unit_shown(controlled: Results, helping: Results) -> None:
    said = summary.reach(first(controlled))
    assert said is not None
    assert "a true difference of 2.4 points is found four times out of five" in said
    assert said.endswith("would still have to exceed 1.4.")
    assert summary.reach(first(helping)) is None


def test_the_interval_of_the_gap_or_why_there_is_none(controlled: Results, helping: Results) -> None:
    assert summary.gap_interval(first(controlled)) == "95 % interval 21 % … 84 %"
    assert summary.gap_interval(first(helping)) is None
    assert summary.gap_interval(first(helping, gap_note="the gap may be nothing")) == "the gap may be nothing"
    assert summary.gap_interval(first(controlled, gap_closed=None)) is None


def test_what_the_rows_say_by_themselves(controlled: Results, helping: Results) -> None:
    said = "95 % bootstrap interval +1.2 … +3.1 points, McNemar’s exact test p = 0.001"
    assert summary.rows_evidence(first(controlled)) == said
    assert summary.rows_evidence(first(helping, mcnemar_p=1e-9)) == "McNemar’s exact test p <0.001"
    assert summary.rows_evidence(first(helping)) is None


def test_arms_that_were_not_scaled_are_named_once_for_each_reason(detailed_run: Results) -> None:
    assert summary.unscaled(detailed_run.result) == ["Not scaled (teacher): it was brought."]


def test_metrics_with_a_section_of_their_own_are_not_among_the_scores(detailed_run: Results) -> None:
    assert {"kl", "ece_equal_mass"} <= detailed_run.arm("student").scores.keys()
    assert summary.metrics(detailed_run.result) == ["accuracy", "log_loss", "brier", "ece", "agreement"]
