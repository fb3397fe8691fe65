"""The results as one HTML file that needs nothing else: no network, no JavaScript, no fonts, no images.

Everything that comes from the results is text to the template engine, which escapes it; the content policy in the page
lets a browser load nothing and apply no style but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from overproof import storage
from overproof.report import details, numbers, summary, tables, words
from overproof.results import Results, Verdict

_VERDICT_CLASSES: dict[Verdict, str] = {
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
    from overproof.report import plots  # noqa: PLC0415 (its libraries are slow to import, and needed here only)

    style = resources.files("overproof.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    colours = {arm.name: plots.colour(results.result, arm.name) for arm in results.result.arms}
    page = _environment().get_template("report.html.j2")
    return page.render(
        results=results,
        result=results.result,
        comparisons=results.result.comparisons,
        strips=plots.strips(results.result),
        panels=plots.panels(results.result),
        colours=colours,
        style=Markup(style),  # noqa: S704  # our own file
        style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        verdict_classes=_VERDICT_CLASSES,
        details=details,
        numbers=numbers,
        summary=summary,
        tables=tables,
        words=words,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("overproof.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = words.unbroken
    return environment


def _shown(value: Any) -> Any:
    """Every value a template prints passes here: control characters of foreign text become visible."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
