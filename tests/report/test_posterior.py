"""The density that is drawn is the posterior that the probabilities come from."""

from __future__ import annotations

import pytest
from scipy import stats

from overproof import statistics
from overproof.report.posterior import Density, density
from overproof.results import Results


@pytest.mark.parametrize(("mean", "scale", "df"), [(0.0, 1.0, 1), (0.02, 0.004, 4), (-3.0, 0.5, 99), (1.0, 2.0, 400)])
def test_it_is_students_density(mean: float, scale: float, df: int) -> None:
    for steps in (-6, -1, 0, 0.5, 3):
        x = mean + steps * scale
        assert Density(mean, scale, df).at(x) == pytest.approx(float(stats.t.pdf(x, df, mean, scale)), rel=1e-9)


def test_it_is_the_posterior_of_the_verdict(any_results: Results) -> None:
    for found in any_results.result.comparisons:
        folds = len({split.fold for split in any_results.result.splits})
        if folds == 1:  # an official test set: the file says what the posterior is
            assert density(any_results.result, found) == (found.differences.mean, found.scale, found.df)
            continue
        assert density(any_results.result, found) == pytest.approx(
            statistics.posterior(found.differences.values, folds), rel=1e-9
        )


def test_what_the_file_says_of_the_posterior_counts(helping: Results) -> None:
    [found] = helping.result.comparisons
    said = found.model_copy(update={"scale": 0.5, "df": 3})
    assert density(helping.result, said) == (found.differences.mean, 0.5, 3)


def test_equal_differences_have_no_density(helping: Results) -> None:
    [found] = helping.result.comparisons
    for sd in (None, 0.0):
        spread = found.differences.model_copy(update={"sd": sd})
        assert density(helping.result, found.model_copy(update={"differences": spread})) is None
