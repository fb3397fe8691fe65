"""The results in a terminal, or in a log file: plain text that reads well at 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from overproof.report import summary, tables, words
from overproof.report.side_by_side import Run, verdicts_table, warnings
from overproof.report.tables import TextTable
from overproof.results import Results

_STYLES: dict[str, str] = {
    "helps": "green",
    "hurts": "red",
    "makes no practical difference": "cyan",
    "not settled": "yellow",
}

#: Columns of words, which may fold; numbers stay whole.
_WORDS = ("arm", "against\nsimple", "run and arm", "metric", "verdict")

#: Longest line of a name.
_NAME = 12

#: What replaces our typography where the output cannot hold it.
_ASCII = str.maketrans(
    {"−": "-", "–": "-", "±": "+/-", "×": "x", "…": "...", "•": "*", "─": "-", "²": "2", "‖": "||", "·": "*", "’": "'"}
)


def show(results: Results, console: Console) -> None:
    """Print the results: arms, differences, verdict, notes.

    Example:
        >>> from overproof import results
        >>> show(results.read(Path("runs/digits-3f2a9c")), Console())  # doctest: +SKIP
    """
    say(table(results), console)


def show_several(runs: Sequence[Run], console: Console) -> None:
    """Print several runs: every comparison in one table, then why they may not be comparable."""
    parts: list[RenderableType] = [_table(verdicts_table(runs)), Text()]
    parts += [_bullet(warning) for warning in warnings(runs)]
    say(Group(*parts), console)


def say(what: RenderableType, console: Console) -> None:
    """Print something, in plain ASCII where the output can hold no more."""
    if not console.options.ascii_only:
        console.print(what)
        return
    with console.capture() as capture:
        console.print(what)
    plain = capture.get().translate(_ASCII).encode(console.encoding, "replace").decode(console.encoding)
    console.file.write(plain)


def table(results: Results) -> Group:
    """The results as something rich can print."""
    result = results.result
    parts: list[RenderableType] = [
        Text(f"{words.line(result.data.name)}: {summary.rows(result)}, {summary.splits(result)}", style="dim"),
        Text(summary.task(result), style="dim"),
        Text(),
        _table(tables.short_arms_table(results)),
        Text(summary.legend(results), style="dim"),
        Text(),
        _table(tables.comparisons_table(result)),
        Text(),
        Text(words.line(results.verdict), style="bold"),
        Text(summary.basis(result), style="dim"),
    ]
    remarks = summary.remarks(result)
    if remarks:
        parts += [Text(), *(_bullet(remark) for remark in remarks)]
    return Group(*parts)


def _table(content: TextTable) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for heading in content.headings:
        if heading in _WORDS:
            table.add_column(Text(heading), overflow="fold")
        else:
            table.add_column(Text(heading), justify="right", no_wrap=True)
    for row in content.rows:
        name = Text("\n".join(textwrap.wrap(row.name, _NAME)))  # breaks at hyphens where it can
        if row.mark:
            name.append(f"\n{row.mark}", style="yellow")
        table.add_row(name, *(Text(cell, style=_STYLES.get(cell, "")) for cell in row.cells))
    return table


def _bullet(text: str) -> Table:
    """A remark whose further lines are indented."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row("•", Text(text, overflow="fold"))
    return grid
