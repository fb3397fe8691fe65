"""Markdown: the same content, and names that stay names."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from overproof.report import summary, tables, words
from overproof.report.markdown import escape, markdown
from overproof.results import Results

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tags(text: str) -> list[str]:
    page = html5lib.parse(GITHUB.render(text), namespaceHTMLElements=False)
    return [str(element.tag) for element in page.iter()]


def content(text: str) -> str:
    page = html5lib.parse(GITHUB.render(text), namespaceHTMLElements=False)
    return " ".join("".join(page.itertext()).split())


def test_everything_is_there(any_results: Results) -> None:
    text = content(markdown(any_results))
    assert any_results.verdict in text
    assert summary.basis(any_results.result) in text
    for remark in summary.remarks(any_results.result):
        assert remark in text
    for table in (tables.short_arms_table(any_results), tables.comparisons_table(any_results.result)):
        for row in table.rows:
            assert " ".join((row.name, *([row.mark] if row.mark else []), *row.cells)) in text


def test_tables_are_tables(two_methods: Results) -> None:
    found = tags(markdown(two_methods))
    assert found.count("table") == 2
    assert found.count("tr") == 1 + 4 + 1 + 2


def test_leak_is_marked(leaking: Results, unknown: Results, helping: Results) -> None:
    assert "| teacher **leaking** |" in markdown(leaking)
    assert "| teacher **leak unknown** |" in markdown(unknown)
    assert "leak" not in markdown(helping).lower()


def test_names_add_no_markup(poisoned: tuple[Results, Results]) -> None:
    hostile, benign = (tags(markdown(results)) for results in poisoned)
    assert hostile == benign


@given(st.text(st.characters(exclude_categories=())))
def test_escaped_text_renders_as_itself(text: str) -> None:
    line = words.line(text)
    assert tags(f"- {escape(line)}") == tags("- benign" if line else "-")
    assert content(f"| {escape(line)} |\n| -- |\n") == line


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1. one",
            "23) one",
            "- one",
            "+ one",
            "* one",
            "---",
            "- - -",
            "+",
            "1.",
            "# one",
            "> one",
            "=",
            "```",
            "~~~",
        ),
        *("&lt;b&gt;", "&#60;b>", "<b>one</b>", "<!-- one -->", "![one](x)", "[one]: x", "a\\", "\\<b>", "`a`", "_a_"),
        *("−1.5", "+2.6", "+1.5 … +3.7", "98.2 ± 0.7 %", "Mean. Then more."),
    ],
)
def test_what_looks_like_markup_renders_as_itself(text: str) -> None:
    assert content(escape(text)) == text
    assert tags(f"{escape(text)}\n\n- {escape(text)}") == tags("benign\n\n- benign")


def test_numbers_need_no_escaping(helping: Results) -> None:
    for row in tables.short_arms_table(helping).rows:
        assert all(escape(cell) == cell for cell in row.cells)


def test_addresses_do_not_become_links() -> None:
    assert escape("https://x.test www.x.test a@x.test") == r"https\://x.test www\.x.test a\@x.test"
