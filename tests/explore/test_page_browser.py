"""The page of a study in headless Chromium: no fault of accessibility, and nothing wider than the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.explore.page import write_pages
from tests.explore.made_up import sample_record
from tests.report.axe import serious_faults
from tests.report.browser import Browser
from tests.report.conftest import chrome as chrome

pytestmark = [pytest.mark.tool, pytest.mark.slow]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_serious_fault(chrome: Browser, tmp_path: Path, scheme: str, width: int) -> None:
    page, _ = write_pages(sample_record(), tmp_path)
    chrome.size(width, 900, mobile=width < 600)
    chrome.media("screen", scheme)
    chrome.console()
    chrome.open(page.as_uri())
    assert serious_faults(chrome) == []
    assert chrome.run("return document.documentElement.scrollWidth") <= width
    assert chrome.console() == []
