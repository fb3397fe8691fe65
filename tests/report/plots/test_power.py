"""The power curve."""

from __future__ import annotations

import pytest

from overproof.report.plots.power import power
from overproof.results import Power, Results
from tests.report.conftest import changed

CURVE = Power(effects=[0.0, 0.01, 0.02, 0.03], probabilities=[0.02, 0.4, 0.85, 0.99], detectable=0.019, floor=0.012)


def test_a_line_per_student_and_a_dot_where_it_is_found_four_times_out_of_five(two_methods: Results) -> None:
    comparisons = [each.model_copy(update={"power": CURVE}) for each in two_methods.result.comparisons]
    spec = power(changed(two_methods, result={"comparisons": comparisons}).result)
    assert spec is not None
    by_mark = {layer["mark"]["type"]: layer["data"]["values"] for layer in spec["layer"]}
    assert [row["x"] for row in spec["layer"][1]["data"]["values"]] == [0.0, 1.0, 2.0, 3.0] * 2
    assert [(row["arm"], row["x"], row["y"]) for row in by_mark["point"]] == [(2, 1.9, 0.8), (3, 1.9, 0.8)]
    assert by_mark["rect"] == [{"from": 0, "to": 0.5}]
    assert spec["layer"][1]["data"]["values"][1]["tip"] == "kd\na true difference of +1.0\nis found 40 % of the time"


def test_results_that_do_not_say_have_no_plot(helping: Results) -> None:
    assert power(helping.result) is None


@pytest.mark.parametrize("name", ["kd", "dkd"])
def test_one_that_says_it_is_enough(two_methods: Results, name: str) -> None:
    comparisons = [
        each.model_copy(update={"power": CURVE if each.arm == name else None})
        for each in two_methods.result.comparisons
    ]
    spec = power(changed(two_methods, result={"comparisons": comparisons}).result)
    assert spec is not None
    assert len({row["arm"] for row in spec["layer"][1]["data"]["values"]}) == 1
