"""The system's Chromium, as the tests of the pages drive it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Everything that could tell that a record's text was run or that a dialog was opened.
_WATCH = """
window.executed = [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'fetch']) window[name] = (...said) => executed.push([name, ...said]);
addEventListener('securitypolicyviolation', (event) => executed.push(['policy', event.violatedDirective, event.blockedURI]));
addEventListener('error', (event) => executed.push(['error', event.message]));
addEventListener('unhandledrejection', (event) => executed.push(['rejection', String(event.reason)]));
"""  # noqa: E501


class Browser:
    """A window of Chromium with its console and its requests kept."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path, *, width: int = 1280, height: int = 900, fragment: str = "") -> None:
        """Open a file and wait until it has drawn its charts, if it has any."""
        self.driver.get("about:blank")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.show()
        self.driver.get(page.resolve().as_uri() + fragment)
        end = time.monotonic() + 30
        while not self.js("return !document.querySelector('.chart') || document.documentElement.dataset.charts"):
            assert time.monotonic() < end, self.console()
            time.sleep(0.05)

    def show(self, *, scheme: str = "light", media: str = "screen") -> None:
        """Pretend that the reader likes it light or dark, or prints it."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def call(self, command: str, **values: Any) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, values)

    def js(self, code: str, *values: Any) -> Any:
        """What a piece of JavaScript returns. The page's policy does not bind the driver."""
        return self.driver.execute_script(code, *values)

    def console(self) -> list[str]:
        """What was written to the console since the page was opened: warnings, errors, broken policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened, the page's own among them."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def texts(self, selector: str) -> list[str]:
        """The visible texts of the elements."""
        found: list[str] = self.js(
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)", selector
        )
        return found


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser of its own; the test skips where the machine has none."""
    binary = next(filter(None, map(shutil.which, _NAMES)), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no Chromium with its driver here: apt-get install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    try:
        window.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
        yield Browser(window)
    finally:
        window.quit()
