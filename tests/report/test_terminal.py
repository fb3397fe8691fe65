"""The terminal table: complete at 80 columns, plain where there is no terminal, deaf to escape sequences."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from overproof.report import summary, tables, terminal
from overproof.results import Results


def printed(results: Results, width: int = 80, *, colour: bool = False) -> str:
    file = io.StringIO()
    terminal.show(
        results, Console(file=file, width=width, force_terminal=colour, color_system="standard" if colour else None)
    )
    return file.getvalue()


def flowing(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 120])
def test_everything_is_there_and_fits(any_results: Results, width: int) -> None:
    text = printed(any_results, width)
    assert max(map(len, text.splitlines())) <= width
    assert flowing(any_results.verdict) in flowing(text)
    assert flowing(summary.basis(any_results.result)) in flowing(text)
    for remark in summary.remarks(any_results.result):
        assert flowing(remark) in flowing(text)


def test_no_number_is_cut_at_80_columns(any_results: Results) -> None:
    text = printed(any_results)
    for table in (tables.short_arms_table(any_results), tables.comparisons_table(any_results.result)):
        for row in table.rows:
            assert all(cell in text for cell in row.cells if cell != "not settled")
            assert row.name in text


def test_long_names_fold_instead_of_cutting_numbers(two_methods: Results) -> None:
    arms = [arm.model_copy(update={"name": arm.name + "-with-a-long-name"}) for arm in two_methods.result.arms]
    text = printed(two_methods.model_copy(update={"result": two_methods.result.model_copy(update={"arms": arms})}))
    assert max(map(len, text.splitlines())) <= 80
    for row in tables.short_arms_table(two_methods).rows:
        assert all(cell in text for cell in row.cells[:-1])


def test_output_is_plain_unless_it_is_a_terminal(any_results: Results) -> None:
    assert "\x1b" not in printed(any_results)
    assert "\x1b[" in printed(any_results, colour=True)


def test_leak_is_marked_in_both_tables(leaking: Results, unknown: Results, helping: Results) -> None:
    def marked(results: Results, word: str) -> int:
        tables_only, _, _ = printed(results, 300).partition(results.verdict)
        return tables_only.count(word)

    assert marked(leaking, "leaking") == 2
    assert marked(unknown, "unknown") == 2
    assert "leak" not in printed(helping).lower()


def test_escape_sequences_are_only_text(poisoned: tuple[Results, Results]) -> None:
    text = printed(poisoned[0], 200)
    assert not {character for character in text if ord(character) < 32} - {"\n"}
    assert "\u202e" not in text


def test_rich_markup_in_a_name_is_shown(helping: Results) -> None:
    data = helping.result.data.model_copy(update={"name": "[red]cats[/red] :smile: [/]"})
    text = printed(helping.model_copy(update={"result": helping.result.model_copy(update={"data": data})}))
    assert "[red]cats[/red] :smile: [/]" in text


def test_a_minus_sign_survives_an_ascii_terminal(any_results: Results) -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True), width=80)
    terminal.show(any_results, console)
    text = raw.getvalue().decode("ascii")
    cells = tables.comparisons_table(any_results.result).rows[0].cells
    assert cells[0].replace("−", "-") in text
    assert " +/- " in text
