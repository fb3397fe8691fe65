"""Numbers as text: no −0, no false certainty, the right unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overproof.report import numbers
from overproof.results import Spread


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_fixed_reads_back_and_never_shows_minus_zero(value: float, digits: int) -> None:
    text = numbers.fixed(value, digits)
    back = float(text.replace("−", "-").replace(",", ""))
    assert back == pytest.approx(value, abs=0.5001 * 10**-digits)
    assert not (back == 0 and text.startswith("−"))
    assert "-" not in text


@given(st.floats(0, 1))
def test_a_probability_is_certain_only_when_no_number_is_left(value: float) -> None:
    text = numbers.probability(value)
    assert text not in ("0.000", "1.000")
    if text[0] in "<>":
        assert value <= 0.001 if text[0] == "<" else value >= 0.999
    else:
        assert float(text) == pytest.approx(value, abs=0.0005001)


@given(st.integers(0, 10**15))
def test_counts_and_sizes_keep_three_digits_and_stay_short(value: int) -> None:
    prefixes = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    for text in (numbers.count(value), numbers.size(value).removesuffix("B")):
        figure, _, prefix = text.strip().partition(" ")
        assert float(figure.replace(",", "")) * prefixes[prefix] == pytest.approx(value, rel=0.00501)
        assert len(figure) <= 6


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "agreement", "ece", "roc_auc", "f1"])
def test_rates_are_shown_in_percent(metric: str) -> None:
    assert numbers.mean_and_sd(metric, Spread(mean=0.0314, sd=0.002, values=[])) == "3.1 ± 0.2 %"
    assert numbers.scale(metric) == 100


@pytest.mark.parametrize("metric", ["log_loss", "brier", "anything_else"])
def test_other_metrics_are_shown_in_their_own_unit(metric: str) -> None:
    assert numbers.mean_and_sd(metric, Spread(mean=0.0314, sd=0.002, values=[])) == "0.031 ± 0.002"
    assert numbers.scale(metric) == 1


@pytest.mark.parametrize(
    ("mean", "sd", "shown"),
    [
        (68234.6, 1203.4, "68,235 ± 1,203"),
        (0.0032149, 0.0002, "0.003215 ± 0.000200"),
        (1.5, 0.25, "1.500 ± 0.250"),
        (0.0, 0.0, "0.000 ± 0.000"),
        (3.2e-12, 1e-13, "3.200e−12 ± 1.000e−13"),
        (4.5e15, 1e13, "4.500e+15 ± 1.000e+13"),
    ],
)
def test_errors_of_values_have_the_digits_of_their_size(mean: float, sd: float, shown: str) -> None:
    assert numbers.mean_and_sd("rmse", Spread(mean=mean, sd=sd, values=[])) == shown


@given(st.floats(1e-9, 1e9))
def test_half_an_interval_in_the_unit_of_a_target_is_never_shown_as_zero(half: float) -> None:
    assert float(numbers.difference("rmse", half, numbers.decimals("rmse", half), sign=False).replace(",", "")) > 0


def test_a_single_value_has_no_deviation() -> None:
    assert numbers.mean_and_sd("accuracy", Spread(mean=0.5, sd=None, values=[0.5])) == "50.0 %"


@given(st.floats(1e-5, 0.5))
def test_half_an_interval_is_never_shown_as_zero(half: float) -> None:
    shown = numbers.difference("accuracy", half, numbers.decimals("accuracy", half), sign=False)
    assert float(shown) > 0
