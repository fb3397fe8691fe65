"""One comparison as one HTML file: no network, no fonts, no code but this package's own."""

from __future__ import annotations

from pathlib import Path

from overproof import storage
from overproof.report import colours, details, knowledge, numbers, page, sections, summary, tables, tasks
from overproof.report.plots.cost import costs, dots
from overproof.report.plots.curves import LOSSES
from overproof.report.plots.reliability import SCALED
from overproof.results import Results, Verdict

#: The CSS class of every verdict.
VERDICTS: dict[Verdict, str] = {
    "helps": "helps",
    "hurts": "hurts",
    "makes no practical difference": "same",
    "not settled": "open",
}


def write(results: Results, path: Path) -> Path:
    """Write the report to one self-contained file.

    Args:
        results: from :func:`overproof.results.read` or a comparison.
        path: the file; an existing one is replaced.

    Returns:
        ``path``.

    Raises:
        StorageError: when it cannot be written.

    Example:
        >>> from overproof import results
        >>> write(results.read(Path("runs/digits-3f2a9c")), Path("report.html"))  # doctest: +SKIP
    """
    storage.commit(path, html(results).encode())
    return path


def html(results: Results) -> str:
    """The page as text: a function of the results alone."""
    result = results.result
    return page.render(
        "report.html.j2",
        sections.plots(results),
        results=results,
        result=result,
        comparisons=result.comparisons,
        losses=LOSSES,
        task=tasks.words_of(result),
        classifies=tasks.classifies(result),
        scaled=SCALED,
        told=knowledge.rows(result),
        pairs=knowledge.pairs(result),
        powered=[each for each in result.comparisons if each.power],
        costs=[each.name for each in costs(dots(results))],
        sections=sections.sections(results),
        colours=colours.colours(result),
        verdict_classes=VERDICTS,
        details=details,
        numbers=numbers,
        summary=summary,
        tables=tables,
    )
