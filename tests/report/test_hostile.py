"""Nothing that a results file can hold adds anything to the page: five hundred strings, in every place there is."""

from __future__ import annotations

import functools
import html as entities
import json
import re
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest

from overproof.report import embedding, page, several, words
from overproof.report import html as report
from overproof.report.side_by_side import Run
from overproof.results import Results
from tests.report.conftest import slim, suffixed, tags_of
from tests.report.hostile import strings

STRINGS = strings()
#: What holds names in a plot, and what depends on how long they are.
WORDS = ("tip", "label", "name", "align", "angle", "baseline")
PAGES = 8


def parts() -> list[list[str]]:
    """The strings, in as many parts as there are tests."""
    return [STRINGS[start::PAGES] for start in range(PAGES)]


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def shape(value: Any) -> Any:
    """A JSON value without what its texts say and without numbers: what a plot would do with it."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key not in WORDS}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return value


@functools.cache
def benign() -> str:
    return slim(report.html(suffixed("benign", keys=True)))


def data(page: str) -> Any:
    """What the page's script reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    assert found
    return json.loads(found[1])


def test_there_are_five_hundred() -> None:
    assert len(STRINGS) >= 500
    assert len(set(STRINGS)) == len(STRINGS)


@pytest.mark.parametrize("part", range(PAGES))
def test_no_string_adds_an_element_or_an_attribute_or_an_expression(part: int) -> None:
    expected, plots = tags_of(benign()), shape(data(benign()))
    for text in parts()[part]:
        page = slim(report.html(suffixed(text, keys=True)))
        assert tags_of(page) == expected, repr(text)
        assert shape(data(page)) == plots, repr(text)
        assert all(words.visible(told) == told for told in texts(data(page))), repr(text)


@pytest.mark.parametrize("part", range(PAGES))
def test_no_string_leaves_its_place_in_the_data(part: int) -> None:
    for text in parts()[part]:
        found = str(embedding.data({"name": text, text: [text]}))
        assert not set("<>&\u2028\u2029") & set(found)
        assert found.isascii()
        assert json.loads(found) == {"name": text, text: [text]}


def test_several_runs_are_as_deaf() -> None:
    names = ["<b>", "</script><script>alert(1)</script>", "\" onload='x'", "{{ 7 * 7 }}", "\u202egnp"]
    hostile = [Run(words.line(name), "student-1", suffixed(name, keys=True)) for name in names]
    harmless = [Run("run", "student-1", suffixed(f"benign{place}", keys=True)) for place, _ in enumerate(names)]
    pages = [slim(several.several(runs)) for runs in (hostile, harmless)]
    assert tags_of(pages[0]) == tags_of(pages[1])


def test_a_string_is_still_shown_as_it_is() -> None:
    hostile = "<b>&amp;\"'{{ 7 * 7 }}</b>"
    results: Results = suffixed(hostile, keys=True)
    page = slim(report.html(results))
    assert entities.escape(hostile).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert any(hostile in text for text in texts(data(page)))


def test_a_string_that_escaped_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    careless = page._environment.__wrapped__()
    careless.autoescape = False
    monkeypatch.setattr(page, "_environment", lambda: careless)
    with pytest.raises(html5lib.html5parser.ParseError):
        tags_of(report.html(suffixed("<b>", keys=True)))
