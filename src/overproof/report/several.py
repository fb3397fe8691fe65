"""Several runs side by side on one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from overproof import storage
from overproof.report import html, numbers, page, summary, tables, words
from overproof.report.plots.cost import Dot, cost, costs
from overproof.report.plots.forest import forest, of_comparison
from overproof.report.plots.spec import Spec
from overproof.report.side_by_side import Run, verdicts_table, warnings


def write(runs: Sequence[Run], path: Path) -> Path:
    """Write several runs to one self-contained file.

    Args:
        runs: at least one, from :func:`overproof.report.side_by_side.named`.
        path: the file; an existing one is replaced.

    Returns:
        ``path``.

    Raises:
        StorageError: when it cannot be written.
    """
    storage.commit(path, several(runs).encode())
    return path


def several(runs: Sequence[Run]) -> str:
    """The page as text: a function of the runs alone."""
    drawn = _dots(runs)
    return page.render(
        "several.html.j2",
        plots(runs),
        runs=runs,
        warnings=warnings(runs),
        table=verdicts_table(runs),
        verdict_classes=html.VERDICTS,
        costs=[each.name for each in costs(drawn)],
        metric=_metric(runs),
        numbers=numbers,
        summary=summary,
        tables=tables,
    )


def _metric(runs: Sequence[Run]) -> str:
    return summary.headline_metric(runs[0].results.result)


def _dots(runs: Sequence[Run]) -> list[Dot]:
    return [
        Dot(
            place, run.colour, f"{run.name}, {words.line(arm.name)}", arm, run.results.measured.latency_ms.get(arm.name)
        )
        for place, run in enumerate(runs)
        for arm in run.results.result.arms
        if arm.role != "control"
    ]


def plots(runs: Sequence[Run]) -> dict[str, Spec]:
    """Comparisons on other metrics than the first run's have no place on its axis; the table says them."""
    metric = _metric(runs)
    drawn = [
        (of_comparison(place, run.colour, f"{run.name}, {words.line(found.arm)}", found), found.rope)
        for place, run in enumerate(runs)
        for found in run.results.result.comparisons
        if found.metric == metric
    ]
    possible = {
        "differences": forest([line for line, _ in drawn], metric, min(rope for _, rope in drawn)),
        "cost": cost(_dots(runs), metric),
    }
    return {name: spec for name, spec in possible.items() if spec is not None}
