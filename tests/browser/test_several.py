"""Several runs on one page, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from overproof.report import several, side_by_side
from tests.browser.conftest import DESK, PHONE, Page, Written
from tests.report.conftest import scenario


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_runs_are_drawn_beside_each_other_and_can_be_switched_off(chromium: Page, written: Written, width: int) -> None:
    names = ("helping", "two_methods", "leaking")
    runs = side_by_side.named([Path(name) for name in names], [scenario(name) for name in names])
    chromium.open(written(several.several(runs)), width=width)
    chromium.screenshot(f"several-{width}")
    assert chromium.complaints() == []
    assert chromium.requests() == []
    assert chromium.value("document.documentElement.scrollWidth") <= width
    diamonds = "[data-plot=differences] svg .mark-symbol path"
    assert len(chromium.all(diamonds)) == 4
    chromium.click(chromium.all("button[data-arm='1']")[0])
    chromium.wait(lambda: len(chromium.all(diamonds)) == 2)
    assert len(chromium.all("[data-plot=cost] svg .mark-symbol path")) == 6
