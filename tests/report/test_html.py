"""The HTML report: complete, self-contained, deterministic, and immune to what names contain."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from overproof import results as results_file
from overproof.errors import StorageError
from overproof.report import html, sections, summary, tables
from overproof.results import Results
from tests.report.conftest import LIBRARIES, content, parsed, slim

#: Bytes; the limit agreed for a whole report.
LARGEST = 2_000_000


def tags(text: str) -> list[str]:
    return [str(element.tag) for element in parsed(text).iter()]


def read(text: str) -> str:
    """What a reader reads of a page."""
    main = parsed(text).find(".//main")
    assert main is not None
    return content(main)


def attributes(page: Element) -> list[tuple[str, str]]:
    return [(str(name), value) for element in page.iter() for name, value in element.attrib.items()]


def of_class(page: Element, name: str) -> list[Element]:
    return [element for element in page.iter() if name in element.get("class", "").split()]


def style(page: Element) -> str:
    found = page.find(".//style")
    assert found is not None
    return found.text or ""


def test_verdict_and_what_it_rests_on_come_first(told: tuple[Results, str]) -> None:
    results, page = told
    header = parsed(page).find(".//header")
    assert header is not None
    heading = header.find("h1")
    assert heading is not None
    assert content(heading) == results.verdict
    assert summary.basis(results.result) in content(header)


def test_everything_is_there(told: tuple[Results, str]) -> None:
    results, page = told
    result = results.result
    text = read(page)
    for table in (tables.scores_table(result), tables.costs_table(results)):
        for row in table.rows:
            assert all(cell in text for cell in row.cells)
    for arm in result.arms:
        assert arm.model in text
        assert arm.method is None or arm.method in text
    for found in result.comparisons:
        assert summary.interval(found) in text
        assert found.verdict in text
    for note in result.notes:
        assert note in text
    for part in (result.data.digest, 'source = "digits"', f"test {min(s.test for s in result.splits)}", "Leak status"):
        assert part in text
    assert text.count("repeat 1, fold ") == len({split.fold for split in result.splits})


def test_machine_is_there(page: Callable[[str], str]) -> None:
    text = read(page("helping"))
    for part in (
        "overproof compare study.toml --set method.temperature=4",
        "torch 2.13.0",
        "Linux x86_64",
        "2026-11-24",
    ):
        assert part in text


def test_every_plot_has_its_place_and_every_place_its_plot(told: tuple[Results, str]) -> None:
    results, page = told
    places = [element.get("data-plot") for element in parsed(page).iter() if "data-plot" in element.attrib]
    assert places == [*dict.fromkeys(places)]
    assert set(places) == set(sections.plots(results))


def test_sections_are_numbered_in_the_menu(told: tuple[Results, str]) -> None:
    results, page = told
    found = parsed(page)
    links = [(link.get("href"), content(link)) for link in found.iter("a")]
    assert links == [(f"#{section.id}", section.title) for section in sections.sections(results)]
    assert [f"#{section.get('id')}" for section in found.iter("section")] == [target for target, _ in links]


def test_arms_have_one_colour_everywhere(page: Callable[[str], str]) -> None:
    told = parsed(page("two_methods"))
    for name, colour in (("teacher", "teacher"), ("simple", "simple"), ("kd", "student-1"), ("dkd", "student-2")):
        found = [arm for arm in of_class(told, "arm") if content(arm) == name]
        assert len(found) >= 4  # scores, costs, legends
        assert all(of_class(arm, "swatch")[0].get("class") == f"swatch {colour}" for arm in found)
        assert f"--{colour}:" in style(told)


@pytest.mark.parametrize(("scenario", "mark"), [("leaking", "leaking"), ("unknown", "leak unknown")])
def test_a_teacher_that_may_leak_is_marked_wherever_it_is_shown(
    scenario: str, mark: str, page: Callable[[str], str]
) -> None:
    told = parsed(page(scenario))
    shown = [arm for arm in of_class(told, "arm") if content(arm).startswith("teacher")]
    assert len(shown) == 4  # scores, costs, legends of the curves and of the cost
    assert all(content(arm) == f"teacher {mark}" for arm in shown)
    assert f"teacher ({mark})" in [content(heading) for heading in told.iter("th")]
    gaps = [content(element) for element in told.iter() if element.tag in ("dd", "p") and "48 %" in content(element)]
    assert len(gaps) == 2
    assert all(mark in gap for gap in gaps)
    assert len(of_class(told, "warning")) == 1


def test_a_clean_teacher_is_not_marked(page: Callable[[str], str]) -> None:
    told = parsed(page("helping"))
    assert not of_class(told, "mark")
    assert not of_class(told, "warning")


@functools.cache
def told_tags(page: str) -> list[str]:
    return tags(page)


def test_text_adds_no_markup(poisoned: tuple[Results, Results]) -> None:
    hostile, benign = (html.html(results) for results in poisoned)
    page = parsed(hostile)
    assert [str(element.tag) for element in page.iter()] == told_tags(benign)
    names = {name.lower() for name, _ in attributes(page)}
    assert not [name for name in names if name.startswith("on")]
    assert not {"src", "style", "srcdoc", "action"} & names
    assert f"<style>{style(page)}</style>" in benign
    assert not set(hostile) & set("\x00\x07\x1b\x85\u2028\u202e\u2066")


def test_text_is_shown_as_it_is(with_suffix: Callable[[str], Results]) -> None:
    hostile = "<b>&amp;\"'{{ 7 * 7 }}</b>"
    results = with_suffix(hostile)
    page = parsed(html.html(results))
    for heading in ("title", "h1"):
        found = page.find(f".//{heading}")
        assert found is not None
        assert results.verdict in content(found)
    assert content(page).count(f"dkd{hostile}") >= 4
    assert not [value for _, value in attributes(page) if hostile in value]


def test_half_a_surrogate_in_a_study_does_not_stop_the_report(minimal: Results) -> None:
    study = {**minimal.result.study, "data": {"source": "\ud800"}}
    text = html.html(minimal.model_copy(update={"result": minimal.result.model_copy(update={"study": study})}))
    assert 'source = "�"' in content(parsed(text))


def test_content_policy_allows_the_page_s_own_scripts_and_style_and_nothing_else(told: tuple[Results, str]) -> None:
    text = told[1]
    page = parsed(text)
    [policy] = [
        meta.get("content", "")
        for meta in page.iter("meta")
        if meta.get("http-equiv", "").lower() == "content-security-policy"
    ]
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {' '.join(map(digest, scripts))}",
        f"style-src {digest(style(page))}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert len(page.findall(".//style")) == 1


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_scripts_are_the_libraries_as_published_and_our_own(page: Callable[[str], str]) -> None:
    text = page("helping")
    for library in LIBRARIES:
        assert library in text
        assert not re.search(r"</script|<!--|<script", library, flags=re.IGNORECASE)
        assert "\r" not in library
    kinds = [script.get("type") for script in parsed(text).iter("script")]
    assert kinds == ["application/json", *[None] * (len(LIBRARIES) + 1)]


def test_nothing_is_loaded_from_anywhere(told: tuple[Results, str]) -> None:
    page = parsed(told[1])
    tags = {str(element.tag) for element in page.iter()}
    assert not {"link", "image", "iframe", "object", "embed", "use", "base", "form"} & tags
    assert not re.search(r"url\(|@import|@font-face", style(page))
    assert all(link.get("href", "").startswith("#") for link in page.iter("a"))
    assert all(image.get("src", "").startswith("data:image/png;base64,") for image in page.iter("img"))
    assert not [value for name, value in attributes(page) if "://" in value]


def test_page_is_small(told: tuple[Results, str]) -> None:
    assert len(told[1].encode()) < LARGEST
    assert len(slim(told[1]).encode()) < LARGEST / 8


def test_same_results_give_the_same_bytes(told: tuple[Results, str], tmp_path: Path) -> None:
    results, page = told
    results.write(tmp_path / "results.json")
    assert html.write(results_file.read(tmp_path), tmp_path / "report.html").read_bytes() == page.encode()


def test_an_existing_report_is_replaced(minimal: Results, page: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    path.parent.mkdir()
    path.write_text("an older report")
    assert html.write(minimal, path) == path
    assert path.read_text(encoding="utf-8") == page("minimal")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_written_is_a_storage_error(minimal: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        html.write(minimal, tmp_path / "file" / "report.html")


def test_page_is_readable_on_a_phone_and_in_the_dark(page: Callable[[str], str]) -> None:
    told = parsed(page("helping"))
    viewport = [meta.get("content") for meta in told.iter("meta") if meta.get("name") == "viewport"]
    assert viewport == ["width=device-width, initial-scale=1"]
    assert "prefers-color-scheme: dark" in style(told)
    scrolling = [table for box in of_class(told, "scroll") for table in box.iter("table")]
    assert len(scrolling) == len(list(told.iter("table")))
