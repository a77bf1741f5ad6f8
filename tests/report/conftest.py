"""A headless Chromium that the tests of pages share, and a page that is open in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.browser import Browser, browser
from tests.support import needs_tool


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    chromium = needs_tool("chromium", "chromium-browser", "google-chrome")
    with browser(chromium, needs_tool("chromedriver")) as session:
        yield session


@pytest.fixture
def opened(chrome: Browser, page: Path) -> Browser:
    """The browser with the module's `page` freshly opened: 1280 pixels wide, light, nothing logged yet."""
    chrome.size(1280, 900)
    chrome.media()
    chrome.console()
    chrome.requests()
    chrome.open(page)
    return chrome
