"""Whether planted differences are found as often as the power curve says, and whether the 95 % intervals cover them.

``docs/false-alarms.md`` says what is simulated and what the figures mean.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from overproof.statistics import power_curve, variance_factor
from simulated import HELPS, ROPE, check, chunks, correlated, equal, judged, lower_bound
from timing import QUICK, Figure, keep

STUDIES = 2_000 if QUICK else 50_000
CHECKED = 50
FOLDS = (5, 10)
REPEATS: tuple[int | str, ...] = (1, 5, 10, "auto")
#: Points of accuracy: the spread of the differences over splits, and true mean differences.
SPREAD = 2
EFFECTS = (0.0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10)
#: Correlation of two splits, in units of 1/folds.
SHARES = (0.0, 0.5, 1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0)
COVERAGE = 0.93


def expected_coverage(correlation: float, folds: int, repeats: int) -> float:
    """Probability that the 95 % interval covers the true mean, by the t distribution, at any correlation."""
    n = repeats * folds
    true = 1 / n + correlation / (1 - correlation)
    critical = float(stdtrit(n - 1, 0.975)) * math.sqrt(variance_factor(n, folds) / true)
    return 1 - 2 * float(stdtr(n - 1, -critical))


def bearable(folds: int, repeats: int) -> float:
    """The correlation at which coverage falls to 93 %, in units of 1/folds."""
    return folds * float(brentq(lambda c: expected_coverage(c, folds, repeats) - COVERAGE, 1 / folds, 0.9))


Table = dict[str, dict[str, float]]


def curve(folds: int, repeats: int, share: float) -> dict[str, float]:
    """The library's power curve: probability of ``helps`` by true difference in points."""
    effects = [effect / 100 for effect in EFFECTS]
    found = power_curve(effects, SPREAD / 100, folds, repeats, rope=ROPE, rho=share / folds)
    return {f"{effect:g}": power for effect, power in zip(EFFECTS, found, strict=True)}


def simulated() -> tuple[Table, Table]:
    """How often ``helps`` is said, and how often the interval covers, by setting and true difference in points."""
    found: Table = {}
    covered: Table = {}
    for folds in FOLDS:
        for share in SHARES:
            for effect in EFFECTS:
                source = correlated(folds, equal(share / folds), SPREAD / 100, effect / 100)
                hits, inside = dict.fromkeys(REPEATS, 0), dict.fromkeys(REPEATS, 0)
                for number, differences in enumerate(chunks(source, STUDIES)):
                    for repeats in REPEATS:
                        if number == 0:
                            check(differences[:CHECKED], repeats)
                        own = judged(differences, repeats)
                        hits[repeats] += int((own.verdicts == HELPS).sum())
                        inside[repeats] += int(((own.low <= effect / 100) & (effect / 100 <= own.high)).sum())
                for repeats in REPEATS:
                    name = f"{folds} folds, repeats {repeats}, correlation {share:g}/{folds}"
                    found.setdefault(name, {})[f"{effect:g}"] = hits[repeats] / STUDIES
                    covered.setdefault(name, {})[f"{effect:g}"] = inside[repeats] / STUDIES
    return found, covered


def main() -> None:
    found, covered = simulated()
    fixed = [repeats for repeats in REPEATS if repeats != "auto"]
    expected = {
        f"{folds} folds, repeats {repeats}, correlation {share:g}/{folds}": curve(folds, int(repeats), share)
        for folds in FOLDS
        for repeats in fixed
        for share in SHARES
    }
    misses = [abs(found[name][effect] - own[effect]) for name, own in expected.items() for effect in own]
    bounds = {
        repeats: min(
            lower_bound(round(rate * STUDIES), STUDIES)
            for folds in FOLDS
            for share in SHARES
            if share <= 1
            for rate in covered[f"{folds} folds, repeats {repeats}, correlation {share:g}/{folds}"].values()
        )
        for repeats in REPEATS
    }
    keep(
        "false_alarms_planted",
        [
            Figure("power, farthest from the power curve", max(misses), "<= 0.1"),
            Figure("coverage, fixed repeats, correlation up to 1/folds", min(bounds[r] for r in fixed), ">= 0.93"),
            Figure("coverage, repeats auto, correlation up to 1/folds", bounds["auto"], ">= 0.93"),
        ],
        studies_per_setting=STUDIES,
        spread_points=SPREAD,
        rope=ROPE,
        found_by_effect_in_points=found,
        expected_by_effect_in_points=expected,
        covered_by_effect_in_points=covered,
        bearable_correlation_in_units_of_one_over_folds={
            f"{folds} folds, {repeats} repeats": bearable(folds, int(repeats)) for folds in FOLDS for repeats in fixed
        },
    )


if __name__ == "__main__":
    main()
