"""The report in a browser: it draws, it answers, it asks nobody for anything, and it fits."""

from __future__ import annotations

from functools import partial

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.browser.conftest import DESK, PHONE, Page, Written
from tests.report.conftest import SCENARIOS, page_of, scenario

#: What a plot must hold at the least to count as drawn.
MARKS = "svg .mark-symbol path, svg .mark-rule line, svg .mark-line path, svg .mark-rect path"


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_every_plot_is_drawn_and_nothing_is_asked_of_anyone(
    chromium: Page, written: Written, name: str, width: int
) -> None:
    chromium.open(written(page_of(name)), width=width)
    chromium.screenshot(f"{name}-{width}")
    assert chromium.complaints() == []
    assert chromium.requests() == []
    places = chromium.all("[data-plot]")
    assert places
    for place in places:
        drawn = f"document.querySelector('[data-plot={place.get_attribute('data-plot')}]').querySelectorAll('{MARKS}')"
        assert chromium.value(f"{drawn}.length") > 0
        assert place.size["width"] > 200


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_the_page_never_scrolls_sideways(chromium: Page, written: Written, name: str, width: int) -> None:
    chromium.open(written(page_of(name)), width=width)
    assert chromium.value("document.documentElement.scrollWidth") <= width
    assert chromium.value("window.innerWidth") == width


def are_drawn(chromium: Page, count: int, *selectors: str) -> bool:
    return all(len(chromium.all(selector)) == count for selector in selectors)


def test_an_arm_can_be_switched_off_and_on_everywhere(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("two_methods")))
    lines = "[data-plot=curves-hard] svg .mark-line path[stroke='var(--student-2)']"
    dots = "[data-plot=cost] svg .mark-symbol path[fill='var(--student-2)']"
    switches = chromium.all("button[data-arm='3']")
    assert len(switches) >= 2
    for shown in (1, 0, 1):
        chromium.wait(partial(are_drawn, chromium, shown, lines, dots))
        pressed = {switch.get_attribute("aria-pressed") for switch in switches}
        assert pressed == {"true" if shown else "false"}
        assert chromium.all("[data-plot=curves-hard] svg .mark-line path[stroke='var(--student-1)']")
        chromium.click(switches[0])
    assert chromium.complaints() == []


def test_what_is_pointed_at_is_said(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("helping")))
    [tip] = chromium.all(".tip")
    assert not tip.is_displayed()
    for selector, said in (
        ("[data-plot=differences-0] svg .mark-symbol.role-mark path[fill='var(--student-1)']", "95 % interval"),
        ("[data-plot=curves-hard] svg .mark-symbol path", ", epoch "),
        ("[data-plot=cost] svg .mark-symbol path[fill='var(--student-1)']", "accuracy 95."),
    ):
        mark = chromium.all(selector)[-1]
        chromium.centre(mark)
        ActionChains(chromium.driver).move_to_element(mark).perform()
        assert tip.is_displayed()
        assert said in tip.text
    ActionChains(chromium.driver).move_to_element(chromium.all("h2")[0]).perform()
    assert not tip.is_displayed()


def labels(chromium: Page) -> list[str]:
    """What the axes of a learning curve say, and where."""
    texts = "[...document.querySelectorAll('[data-plot=curves-hard] .role-axis-label text')]"
    return sorted(chromium.value(f"{texts}.map(text => text.textContent + ' ' + text.getAttribute('transform'))"))


def test_the_wheel_zooms_only_with_ctrl(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("helping")))
    place = chromium.all("[data-plot=curves-hard] svg")[0]
    chromium.centre(place)

    before, top = labels(chromium), chromium.value("scrollY")
    ActionChains(chromium.driver).scroll_from_origin(ScrollOrigin.from_element(place), 0, -200).perform()
    chromium.wait(lambda: bool(chromium.value("scrollY") < top))
    assert labels(chromium) == before
    chromium.centre(place)
    origin = ScrollOrigin.from_element(place)
    zoom = ActionChains(chromium.driver).key_down(Keys.CONTROL).scroll_from_origin(origin, 0, -400)
    zoom.key_up(Keys.CONTROL).perform()
    chromium.wait(lambda: labels(chromium) != before)
    ActionChains(chromium.driver).double_click(place).perform()
    chromium.wait(lambda: labels(chromium) == before)


def test_the_cost_can_be_chosen(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("helping")))
    [select] = chromium.all("select[name=cost]")
    dots = (
        "[...document.querySelectorAll('[data-plot=cost] .mark-symbol path')].map(dot => dot.getAttribute('transform'))"
    )
    before = chromium.value(dots)
    assert len(before) == len(scenario("helping").result.arms)
    Select(select).select_by_visible_text("latency in milliseconds")
    chromium.wait(lambda: bool(chromium.value(dots) != before))
    assert len(chromium.value(dots)) == len(before)


@pytest.mark.parametrize("dark", [False, True])
def test_colours_follow_the_reader(chromium: Page, written: Written, dark: bool) -> None:
    chromium.open(written(page_of("helping")), dark=dark)
    chromium.screenshot(f"helping-{'dark' if dark else 'light'}")
    paper = chromium.value("getComputedStyle(document.body).backgroundColor")
    label = "document.querySelector('[data-plot=cost] .role-axis-label text')"
    ink = chromium.value(f"getComputedStyle({label}).fill")
    brightness = [sum(int(part) for part in colour[4:-1].split(",")) for colour in (paper, ink)]
    assert (brightness[0] < brightness[1]) == dark


def test_without_javascript_everything_is_said_and_no_plot_is_missed(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("helping")), script=False)
    chromium.screenshot("helping-without-javascript")
    text = chromium.all("main")[0].text
    chromium.command("Emulation.setScriptExecutionDisabled", value=False)
    assert scenario("helping").verdict in text.replace("\u00a0", " ")
    assert "95.4" in text or "95.3" in text
    assert "Losses at the epoch that was kept" in text
    assert "Drag to move" not in text
    assert not [place for place in chromium.all(".plot, .card, .legend") if place.is_displayed()]


def test_paper_shows_what_is_folded_away(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("helping")), dark=True)
    [study] = chromium.all("pre")
    assert not study.is_displayed()
    chromium.emulate("print", dark=True)
    assert chromium.value("document.querySelector('pre').getBoundingClientRect().height") > 100
    assert chromium.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not chromium.all("nav")[0].is_displayed()
    assert len(chromium.command("Page.printToPDF")["data"]) > 10_000


def scrolled_beyond(chromium: Page, top: float) -> bool:
    return bool(chromium.value("scrollY") > top)


def test_a_finger_on_a_plot_scrolls_the_page(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("helping")), width=PHONE)
    chromium.command("Emulation.setTouchEmulationEnabled", enabled=True)
    before = labels(chromium)
    for name in ("differences-0", "curves-hard", "cost"):
        [place] = chromium.all(f"[data-plot={name}]")
        chromium.centre(place)
        top = chromium.value("scrollY")
        for step in range(12):
            kind = "touchMove" if step else "touchStart"
            chromium.command("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": 195, "y": 420 - 20 * step}])
        chromium.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        chromium.wait(partial(scrolled_beyond, chromium, top + 100))
    assert labels(chromium) == before
    chromium.command("Emulation.setTouchEmulationEnabled", enabled=False)


def test_the_menu_leads_to_every_section(chromium: Page, written: Written) -> None:
    chromium.open(written(page_of("detailed")))
    for link in chromium.all("nav a"):
        chromium.click(link)
        section = f"document.querySelector('{link.get_dom_attribute('href')}')"
        assert 0 <= chromium.value(f"{section}.getBoundingClientRect().top") < 900
