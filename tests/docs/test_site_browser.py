"""The site that `make docs` has built, in headless Chromium: contrast, width, keyboard and print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.axe import serious_faults
from tests.report.browser import ENTER, TAB, Browser
from tests.report.conftest import chrome

pytestmark = [pytest.mark.tool, pytest.mark.slow]

SITE = Path(__file__).resolve().parents[2] / "docs" / "_build" / "html"
PAGES = (
    "index",
    "start",
    "commands",
    "layers",
    "coming-from/hls4ml",
    "notebooks/1-lecture",
    "notebooks/4-tutorial-cnn-bitstream",
)
__all__ = ["chrome"]


@pytest.fixture
def site(chrome: Browser) -> Browser:
    if not (SITE / "index.html").is_file():
        pytest.skip(f"{SITE} is not there: `make docs` builds it")
    chrome.size(1280, 900)
    chrome.media()
    return chrome


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_no_serious_fault_and_nothing_is_cut(site: Browser, width: int, scheme: str) -> None:
    site.size(width, 900, mobile=width < 600)
    site.media("screen", scheme)
    for page in PAGES:
        site.open(SITE / f"{page}.html")
        assert serious_faults(site) == [], page
        assert site.run("return document.documentElement.scrollWidth <= innerWidth"), page


def test_the_keyboard_alone_reaches_the_content_and_a_link(site: Browser) -> None:
    site.open(SITE / "index.html")
    site.press(TAB)
    assert site.run("return document.activeElement.textContent.trim()") == "Skip to content"
    for _ in range(9):
        site.press(TAB)
        outline = site.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", site.run("return document.activeElement.outerHTML")
        if site.run("return document.activeElement.getAttribute('href')") == "start.html":
            break
    site.press(ENTER)
    assert site.run("return location.pathname").endswith("/start.html")


def test_a_printed_page_has_its_content(site: Browser) -> None:
    site.media("print")
    site.open(SITE / "start.html")
    assert site.run("return document.querySelector('article').getBoundingClientRect().width") > 300
    assert site.pdf().startswith(b"%PDF")
