"""One page of a real, headless Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
WITHOUT = "typeof pending === 'undefined' ? 0 : pending.then(() => 0)"
"""Resolved once the page has unpacked what it was asked for."""


class Browser:
    """A page with empty storage.

    `complaints` are what went wrong since the last page was loaded: console errors, exceptions, foreign requests.
    `flags` are for Chromium, such as those that give it a camera.
    """

    def __init__(self, *flags: str) -> None:
        sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
        if not CHROMIUM:
            pytest.skip("no Chromium: apt-get install chromium fonts-noto-cjk")
        self._driver = sync_api.sync_playwright().start()
        self._browser = self._driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *flags]
        )
        context = self._browser.new_context(viewport={"width": 1300, "height": 813}, locale="en-US")
        self.page = context.new_page()
        self._found: list[str] = []
        self.page.on("pageerror", lambda error: self._found.append(str(error)))
        self.page.on("console", lambda said: self._found.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self._requested(request.url))

    def _requested(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:", "about:")):
            self._found.append(url)

    def open(self, page: Path, address: str = "") -> float:
        """Load a page and wait for its load event; returns the CPU seconds that its processes took."""
        self.load("about:blank")
        return self.cpu_seconds(lambda: self.load(page.resolve().as_uri() + address))

    def cpu_seconds(self, act: Callable[[], object]) -> float:
        """CPU seconds that the processes of pages spend on an act: other work on the machine does not count."""
        before = self._spent()
        act()
        return sum(spent - before.get(process, 0.0) for process, spent in self._spent().items())

    def _spent(self) -> dict[int, float]:
        told = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        return {process["id"]: process["cpuTime"] for process in told if process["type"] == "renderer"}

    def load(self, url: str) -> None:
        """Load an address and wait for its load event."""
        self._found.clear()
        self.page.goto(url)

    def js(self, expression: str) -> Any:
        """The value of an expression, once the page has unpacked what it was asked for."""
        self.evaluate(WITHOUT)
        return self.evaluate(expression)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression now; a promise is waited for, and a function would be called."""
        return self.page.evaluate(expression)

    def key(self, key: str) -> None:
        """Press a key."""
        self.evaluate(WITHOUT)
        self.page.keyboard.press(key)

    def accessible(self) -> list[dict[str, Any]]:
        """What a screen reader is told: the nodes of the accessibility tree."""
        tree: dict[str, Any] = self.page.context.new_cdp_session(self.page).send("Accessibility.getFullAXTree")
        return tree["nodes"]

    def media(self, kind: str) -> None:
        """Show the page as on paper (`print`), or as it is (`null`)."""
        self.page.emulate_media(media=kind)

    def complaints(self) -> list[str]:
        """Console errors, uncaught exceptions, and requests for anything but files and inline data."""
        self.page.wait_for_timeout(200)
        return list(self._found)

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._driver.stop()
