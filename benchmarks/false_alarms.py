"""How often the verdict says helps or hurts where nothing does: simulated studies without any true difference.

``docs/false-alarms.md`` says what is simulated and what the figures mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from simulated import (
    HELPS,
    HURTS,
    ROPE,
    SAME,
    Correlation,
    Source,
    check,
    chunks,
    correlated,
    counted,
    equal,
    judged,
    upper_bound,
)
from timing import QUICK, Figure, keep

STUDIES = 2_000 if QUICK else 200_000
CHECKED = 50
FOLDS = (5, 10)
REPEATS: tuple[int | str, ...] = (1, 5, "auto")
#: Of the differences over the splits of one cross-validation, in points of accuracy.
SPREADS = (0.5, 1, 2, 5, 10, 20)
WIDEST = SPREADS[-1] / 100
#: Correlation of two splits, in units of 1/folds: up to what the rule assumes, and beyond.
ASSUMED = (0.0, 0.5, 1.0)
BEYOND = (1.05, 1.1, 1.25, 1.5, 2.0, 3.0)

#: Rate and its upper bound, by repeats.
Rates = dict[str, dict[str, float]]


def rates(source: Source, answers: Iterable[int] = (HELPS, HURTS)) -> Rates:
    """How often studies of a kind get one of the answers."""
    hits = dict.fromkeys(REPEATS, 0)
    for number, differences in enumerate(chunks(source, STUDIES)):
        for repeats in REPEATS:
            if number == 0:
                check(differences[:CHECKED], repeats)
            hits[repeats] += int(np.isin(judged(differences, repeats).verdicts, list(answers)).sum())
    return {
        str(repeats): {"rate": found / STUDIES, "upper": upper_bound(found, STUDIES)} for repeats, found in hits.items()
    }


def worst(found: Mapping[str, Rates]) -> float:
    """The highest upper bound."""
    return max(each["upper"] for own in found.values() for each in own.values())


def as_assumed() -> dict[str, Rates]:
    """Normal differences with a correlation up to 1/folds, for every spread."""
    return {
        f"{folds} folds, correlation {share:g}/{folds}, spread {spread:g} points": rates(
            correlated(folds, equal(share / folds), spread / 100)
        )
        for folds in FOLDS
        for share in ASSUMED
        for spread in SPREADS
    }


def of_other_kinds() -> dict[str, Rates]:
    """The widest spread, where the rope helps least, and departures from what is assumed."""
    kinds: dict[str, Source] = {}
    for folds in FOLDS:
        most = 1 / folds
        kinds |= {
            f"{folds} folds, true difference at the rope": correlated(folds, equal(most), WIDEST, ROPE),
            f"{folds} folds, repeats agree in the mean": correlated(folds, Correlation(0, most), WIDEST),
            f"{folds} folds, repeats are independent": correlated(folds, Correlation(most, 0), WIDEST),
            f"{folds} folds, half the correlation between repeats": correlated(
                folds, Correlation(most, most / 2), WIDEST
            ),
            f"{folds} folds, heavy tails": correlated(folds, equal(most), WIDEST, noise="heavy tails"),
            f"{folds} folds, skewed": correlated(folds, equal(most), WIDEST, noise="skewed"),
            f"{folds} folds, skewed, no correlation": correlated(folds, equal(0), WIDEST, noise="skewed"),
        }
        for rows in (10, 30, 100):
            for differing in (0.05, 0.2):
                name = f"{folds} folds of {rows} test rows, {100 * differing:g} % answered differently"
                kinds[name] = counted(folds, rows, differing)
    return {name: rates(source) for name, source in kinds.items()}


def beyond() -> dict[str, Rates]:
    """More correlation than the rule assumes, at the widest spread."""
    return {
        f"{folds} folds, correlation {share:g}/{folds}": rates(correlated(folds, equal(share / folds), WIDEST))
        for folds in FOLDS
        for share in BEYOND
    }


def wrongly_same() -> dict[str, Rates]:
    """The other false claim: no practical difference, where the true difference is the rope and more would matter."""
    return {
        f"{folds} folds, spread {spread:g} points": rates(
            correlated(folds, equal(1 / folds), spread / 100, ROPE), answers=[SAME]
        )
        for folds in FOLDS
        for spread in (0.05, 0.1, 0.2, *SPREADS)
    }


def _auto(found: Mapping[str, Rates]) -> dict[str, Rates]:
    """Without the fixed repeats, whose rate is 5 % by construction."""
    return {name: {"auto": own["auto"]} for name, own in found.items()}


def main() -> None:
    assumed, other, further, same = as_assumed(), of_other_kinds(), beyond(), wrongly_same()
    details: dict[str, Any] = {"assumed": assumed, "other_kinds": other, "beyond": further, "wrongly_same": same}
    for name, own in [*assumed.items(), *other.items(), *further.items(), *same.items()]:
        print(f"{name:<66}", "  ".join(f"{key} {each['rate']:.4f} ≤ {each['upper']:.4f}" for key, each in own.items()))
    keep(
        "false_alarms",
        [
            Figure("false alarms, correlation up to 1/folds (upper bound)", worst(assumed), "<= 0.05"),
            Figure("false alarms, other kinds of null studies (upper bound)", worst(other), "<= 0.05"),
            Figure("wrongly no practical difference, auto (upper bound)", worst(_auto(same)), "<= 0.05"),
        ],
        studies_per_setting=STUDIES,
        rope=ROPE,
        **details,
    )


if __name__ == "__main__":
    main()
