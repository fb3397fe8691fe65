"""The terminal table: complete at 80 columns, plain where there is no terminal, deaf to escape sequences."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from overproof.report import side_by_side, summary, tables, terminal
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
            assert all(part in text for part in row.name.split("-"))


@pytest.mark.parametrize("verdict", ["not settled", "makes no practical difference"])
def test_the_widest_tables_fit_in_80_columns(unknown: Results, verdict: str) -> None:
    [found] = unknown.result.comparisons
    arms = [arm.model_copy(update={"name": f"{arm.name}-with-a-long-name"}) for arm in unknown.result.arms]
    changes = {"arm": arms[2].name, "metric": "log_loss", "low": -0.0512, "high": 0.1954, "verdict": verdict}
    result = unknown.result.model_copy(update={"arms": arms, "comparisons": [found.model_copy(update=changes)]})
    results = unknown.model_copy(update={"result": result})
    text = printed(results)
    assert max(map(len, text.splitlines())) <= 80
    _, scores, comparisons, *_ = text.split("\n\n")
    for table, shown in ((tables.short_arms_table(results), scores), (tables.comparisons_table(result), comparisons)):
        for row in table.rows:
            assert all(cell in shown for cell in row.cells if cell != verdict)
        assert {"leak", "unknown"} <= set(shown.split())
    assert {*verdict.split(), "against", "simple"} <= set(comparisons.split())


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


def test_a_long_name_breaks_at_its_hyphen(helping: Results) -> None:
    arms = [
        arm.model_copy(update={"name": "label-smoothing"}) if arm.role == "simple" else arm
        for arm in helping.result.arms
    ]
    renamed = helping.model_copy(update={"result": helping.result.model_copy(update={"arms": arms})})
    lines = [line.split(" ")[0] for line in printed(renamed, 80).splitlines()]
    assert lines[lines.index("label-") + 1] == "smoothing"


def test_a_minus_sign_survives_an_ascii_terminal(any_results: Results) -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True), width=80)
    terminal.show(any_results, console)
    text = raw.getvalue().decode("ascii")
    cells = tables.comparisons_table(any_results.result).rows[0].cells
    assert cells[0].replace("−", "-") in text
    assert " +/- " in text


@pytest.mark.parametrize("width", [80, 120])
def test_several_runs_are_one_table_and_their_warnings(width: int, helping: Results, leaking: Results) -> None:
    runs = side_by_side.named([Path("one"), Path("two")], [helping, leaking])
    file = io.StringIO()
    terminal.show_several(runs, Console(file=file, width=width))
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for warning in side_by_side.warnings(runs):
        assert flowing(warning) in flowing(text)
    assert "one: student" in flowing(text)
    assert text.count("+1.5 … +3.7") == 2
