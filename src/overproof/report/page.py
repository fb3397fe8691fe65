"""One page that needs nothing else: a template, its style, its scripts and its data, under a strict content policy.

Everything that comes from results is text to the template engine, which escapes it, or JSON that no browser executes.
The plots are drawn in the browser by Vega, whose expressions are interpreted (no ``eval``); without JavaScript the page
still says everything in text and tables.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from overproof.report import embedding, words
from overproof.report.plots.spec import CONFIG, Spec

#: Published files and the licences they come under, in the order in which they need each other.
_LICENCES = "vendor/LICENCES.txt"
_LIBRARIES = ("vendor/vega.min.js", "vendor/vega-lite.min.js", "vendor/vega-interpreter.js")
_SCRIPT = "templates/page.js"
_STYLE = "templates/style.css"


def render(template: str, plots: dict[str, Spec], **values: Any) -> str:
    """The whole page as text: a function of its arguments alone.

    Args:
        template: its file name.
        plots: specifications by the name under which the template places them.
        values: what the template speaks about.
    """
    scripts = _scripts() if plots else []
    style = _text(_STYLE)
    return (
        _environment()
        .get_template(template)
        .render(
            plots=plots,
            data=embedding.data({"config": CONFIG, "plots": plots}),
            scripts=[Markup(script) for script in scripts],  # noqa: S704  # our own files
            style=Markup(style),  # noqa: S704  # our own file
            policy=embedding.policy(scripts, style),
            words=words,
            **values,
        )
    )


def _scripts() -> list[str]:
    return [f"/*\n{_text(_LICENCES)}*/", *map(_text, _LIBRARIES), _text(_SCRIPT)]


@functools.cache
def _text(name: str) -> str:
    return resources.files("overproof.report").joinpath(name).read_text(encoding="utf-8")


@functools.cache
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
    environment.filters["capital"] = words.capital
    return environment


def _shown(value: Any) -> Any:
    """Every value a template prints passes here: control characters of foreign text become visible."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
