"""Hostile text in a real browser: nothing runs, nothing appears, nothing is asked of anyone."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from overproof.report import html, several
from overproof.report.side_by_side import Run
from tests.browser.conftest import Page, Written
from tests.report.conftest import suffixed
from tests.report.hostile import strings

#: Every so-manieth string is tried by itself; the rest of the proof is in tests/report/test_hostile.py.
STEP = 40

#: Elements and attributes as the browser has built them, without those that only depend on numbers and on text.
BUILT = """[...document.querySelectorAll('body *:not(svg *)')].map(
    element => element.tagName + ' ' + element.getAttributeNames().filter(name => name != 'style').join(' '))"""


@pytest.fixture(scope="module")
def expected(chromium: Page, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is built where every text is harmless."""
    file = tmp_path_factory.mktemp("benign") / "report.html"
    html.write(suffixed("benign", keys=True), file)
    chromium.open(file)
    return list(chromium.value(BUILT))


@pytest.mark.parametrize("text", [*strings()[::STEP], " ".join(strings()[::7])[:6000]], ids=range(14))
def test_nothing_happens(chromium: Page, written: Written, expected: list[str], text: str) -> None:
    chromium.open(written(html.html(suffixed(text, keys=True))))
    assert chromium.value(BUILT) == expected
    assert chromium.complaints() == []
    assert chromium.requests() == []
    assert chromium.value("document.querySelectorAll('[data-plot]:not(:has(svg))').length") == 0


def test_what_is_pointed_at_is_said_in_text(chromium: Page, written: Written) -> None:
    name = "<img src=x onerror=alert(1)>"
    chromium.open(written(html.html(suffixed(name, keys=True))))
    mark = chromium.all("[data-plot=cost] svg .mark-symbol path")[0]
    chromium.centre(mark)
    [tip] = chromium.all(".tip")

    def pointed_at() -> bool:
        """Away and back again, since a busy browser may lay out the page once more below a pointer at rest."""
        ActionChains(chromium.driver).move_by_offset(0, 40).move_to_element(mark).perform()
        return bool(tip.is_displayed())

    chromium.wait(pointed_at)
    assert f"teacher{name}" in tip.text
    assert chromium.all(".tip *") == []
    assert chromium.complaints() == []


def test_nothing_happens_beside_each_other(chromium: Page, written: Written) -> None:
    runs = [Run("<img src=x onerror=alert(1)>", "student-1", suffixed("</script><script>alert(1)</script>", keys=True))]
    chromium.open(written(several.several(runs * 2)))
    assert chromium.complaints() == []
    assert chromium.requests() == []
    assert chromium.value("document.querySelectorAll('main script, main img').length") == 0
    assert len(chromium.all("[data-plot] svg")) == 2


def test_a_script_of_anyone_else_does_not_run_and_is_noticed(chromium: Page, written: Written) -> None:
    page = html.html(suffixed("benign", keys=True))
    chromium.open(written(page.replace("</main>", "<script>document.title = 'ran'</script><b style='x'>x</b></main>")))
    assert chromium.driver.title != "ran"
    assert len([said for said in chromium.complaints() if "Content Security Policy" in said]) == 2
