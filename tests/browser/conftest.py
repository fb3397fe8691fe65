"""Reports opened in Chromium without a window, as a reader would open the file."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

#: Screenshots, to be looked at; git ignores them.
ARTEFACTS = Path(__file__).parent / "artefacts"

#: Widths in CSS pixels.
PHONE, DESK = 390, 1280


#: Writes a page's text to a file.
Written = Callable[[str], Path]


class Page:
    """A report in a browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, file: Path, *, width: int = DESK, dark: bool = False, script: bool = True) -> None:
        """Load a file afresh and wait until its plots are drawn."""
        self.command("Emulation.setScriptExecutionDisabled", value=not script)
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=844 if width == PHONE else 900, deviceScaleFactor=1, mobile=width == PHONE,
        )  # fmt: skip
        self.emulate("screen", dark=dark)
        self.driver.get("about:blank")
        self.complaints()
        self.requests()
        self.driver.get(file.as_uri())
        if script:
            self.wait(lambda: bool(self.all("html.drawn, html:not(:has([data-plot]))")))

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait for what the page does after the next frame; half a minute without it is a failure."""
        WebDriverWait(self.driver, 30, 0.05).until(lambda _: until())

    def click(self, element: WebElement) -> None:
        """Click, wherever on the page the element is."""
        self.driver.execute_script("arguments[0].click()", element)

    def centre(self, element: WebElement) -> None:
        """Bring an element to the middle of the window."""
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)

    def command(self, name: str, **values: Any) -> dict[str, Any]:
        """A command of Chromium's own protocol."""
        found: dict[str, Any] = self.driver.execute_cdp_cmd(name, values)
        return found

    def emulate(self, media: str, *, dark: bool = False) -> None:
        """Show the page as on a screen or on paper, by day or by night."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def complaints(self) -> list[str]:
        """What the browser's console has said since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self) -> list[str]:
        """What was asked of a network since it was last asked."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]  # type: ignore[no-untyped-call]
        sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(("file:", "data:", "about:"))]

    def all(self, selector: str) -> list[WebElement]:
        """The elements that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self.driver.execute_script(f"return {expression}")

    def screenshot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all tests."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("Chromium and its driver are not installed; `make test` installs them where apt-get can")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    profile = tmp_path_factory.mktemp("chromium")
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars", "disable-dev-shm-usage",
                     "no-first-run", "disable-background-networking", f"user-data-dir={profile}"):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield Page(running)
    running.quit()


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a page's text to a file."""

    def write(text: str) -> Path:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        return file

    return write
