from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm, spearmanr
from sklearn.metrics import brier_score_loss, r2_score, roc_auc_score

from overproof.doctor.association import association, seen, separation, skill

RANDOM = np.random.default_rng(0)
SAID, VALUES = RANDOM.standard_normal((200, 3)).round(1), RANDOM.standard_normal((200, 2)).round(1)
YES = (VALUES > 0.4).astype(np.float32)


def test_association_is_spearmans_rank_correlation_in_standard_deviations() -> None:
    found = association(SAID, VALUES)
    for one in range(3):
        for other in range(2):
            assert found[one, other] == pytest.approx(
                spearmanr(SAID[:, one], VALUES[:, other]).statistic * np.sqrt(199)
            )


def test_of_yes_and_no_it_is_the_rank_sum_test() -> None:
    yes = YES[:, 0] == 1
    p = mannwhitneyu(SAID[yes, 0], SAID[~yes, 0], use_continuity=False, method="asymptotic").pvalue
    assert 2 * norm.sf(abs(association(SAID, YES)[0, 0])) == pytest.approx(p, rel=1e-6)


def test_without_association_it_is_standard_normal() -> None:
    drawn = [
        association(RANDOM.standard_normal((60, 1)), (RANDOM.random((60, 1)) < 0.2).astype(float))[0, 0]
        for _ in range(2000)
    ]
    assert np.mean(drawn) == pytest.approx(0, abs=0.08)
    assert np.std(drawn) == pytest.approx(1, abs=0.06)
    assert np.mean(np.array(drawn) > seen(1, 0.05)) == pytest.approx(0.05, abs=0.015)


def test_separation_is_the_area_under_roc() -> None:
    for place in range(3):
        expected = [2 * roc_auc_score(YES[:, label], SAID[:, place]) - 1 for label in range(2)]
        assert separation(SAID, YES)[place] == pytest.approx(expected)


def test_skill_is_r2_and_briers_skill() -> None:
    guesses = VALUES + 0.5 * RANDOM.standard_normal((200, 2))
    assert skill(guesses, VALUES).mean() == pytest.approx(r2_score(VALUES, guesses))
    chances = RANDOM.random((200, 1))
    base = brier_score_loss(YES[:, 0], np.full(200, YES[:, 0].mean()))
    assert skill(chances, YES[:, :1]).mean() == pytest.approx(1 - brier_score_loss(YES[:, 0], chances[:, 0]) / base)


def test_outputs_that_never_vary_have_no_say() -> None:
    labels = np.column_stack([YES[:, 0], np.ones(200)])
    assert skill(labels, labels).tolist() == [1.0] * 200
    assert skill(labels[:, 1:], labels[:, 1:]).tolist() == [0.0] * 200
    assert association(labels, labels)[1].tolist() == [0, 0]


def test_it_does_without_the_slow_parts_of_scipy() -> None:
    code = "import sys, overproof.doctor.association; print({'scipy.stats', 'scipy.optimize'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
