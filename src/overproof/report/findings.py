"""An examination in a terminal: what was found, one paragraph each, and what was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from overproof.doctor.finding import Finding
from overproof.report import words
from overproof.report.terminal import say

_STYLES = {"error": "bold red", "warning": "bold yellow"}


def show(found: Sequence[Finding], checked: Sequence[str], unchecked: Mapping[str, str], console: Console) -> None:
    """Print findings, or that there are none, and what was and was not checked.

    Args:
        found: what an examination found.
        checked: names of the checks that were made.
        unchecked: names of those that were not, and why.
        console: where to.
    """
    parts: list[RenderableType] = []
    for paragraph in [_finding(each) for each in found] or [Text("no findings", style="bold green")]:
        parts += [paragraph, Text()]
    parts.append(Text(f"checked: {', '.join(checked)}", style="dim"))
    parts += [Text(f"not checked: {name}. {words.line(why)}", style="dim") for name, why in unchecked.items()]
    say(Group(*parts), console)


def _finding(finding: Finding) -> Text:
    return Text.assemble(
        (finding.severity, _STYLES[finding.severity]), f" ({finding.check}): {words.line(str(finding))}"
    )
