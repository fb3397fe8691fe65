"""The results as GitHub Markdown, for a pull request or a README."""

from __future__ import annotations

import re

from overproof.report import summary, tables, words
from overproof.report.tables import TextTable
from overproof.results import Results

#: What means something anywhere in a line, with the addresses that GitHub turns into links by itself.
_MARKUP = re.compile(r"[\\`*_\[\]#|~$@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
#: What turns a whole line into a list item or a rule.
_START = re.compile(r"^(\d*)([-+.)])(?=[-\s]|$)")


def markdown(results: Results) -> str:
    """Verdict, arms, differences and notes; names and notes cannot add markup of their own.

    Returns:
        GitHub Markdown that ends with a newline.

    Example:
        >>> from overproof import results
        >>> print(markdown(results.read(Path("runs/digits-3f2a9c"))))  # doctest: +SKIP
    """
    result = results.result
    blocks = [
        f"**{escape(words.line(results.verdict))}**",
        escape(summary.basis(result)),
        f"{escape(words.line(result.data.name))}: {summary.rows(result)}, {summary.splits(result)}",
        escape(summary.task(result)),
        _table(tables.short_arms_table(results)),
        escape(summary.legend(results)),
        _table(tables.comparisons_table(result)),
        "\n".join(f"- {escape(remark)}" for remark in summary.remarks(result)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escape(text: str) -> str:
    r"""One line of text in which no character means anything to Markdown or HTML.

    Example:
        >>> print(escape("a|b *c* <i>"))
        a\|b \*c\* &lt;i&gt;
        >>> print(escape("1. first"))
        1\. first
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _START.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", plain))


def _table(content: TextTable) -> str:
    headings = [escape(words.line(heading)) for heading in content.headings]
    rules = [":--", *("--:" for _ in headings[1:])]
    rows = [
        [escape(row.name) + (f" **{row.mark}**" if row.mark else ""), *map(escape, row.cells)] for row in content.rows
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rules, *rows))
