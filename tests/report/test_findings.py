from __future__ import annotations

import io

from rich.console import Console

from overproof.doctor.finding import Finding
from overproof.report.findings import show

FOUND = [
    Finding("chance", "error", "It is right on 9.8 % … of rows.", "Load its weights."),
    Finding("sizes", "warning", "It is \x1b[31m[bold]big.", "See to it."),
]


def printed(found: list[Finding], encoding: str = "utf-8", *, colour: bool = False) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, width=60, force_terminal=colour, color_system="standard" if colour else None)
    show(found, ["chance", "sizes"], {"memorising": "Only you know."}, console)
    file.flush()
    return raw.getvalue().decode(encoding)


def test_each_finding_is_a_paragraph() -> None:
    paragraphs = printed(FOUND).split("\n\n")
    assert " ".join(paragraphs[0].split()) == "error (chance): It is right on 9.8 % … of rows. Load its weights."
    assert paragraphs[1].startswith("warning (sizes): It is �[31m[bold]big.")
    assert "checked: chance, sizes" in paragraphs[2]
    assert "not checked: memorising. Only you know." in paragraphs[2]


def test_nothing_found_is_said() -> None:
    assert printed([]).startswith("no findings\n")


def test_severities_have_colours_where_there_are_colours() -> None:
    said = printed(FOUND, colour=True)
    assert "\x1b[1;31merror" in said
    assert "\x1b[1;33mwarning" in said


def test_plain_output_gets_plain_text() -> None:
    assert "9.8 % ... of rows" in printed(FOUND, "ascii")
