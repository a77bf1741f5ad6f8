"""The page in headless Chromium: a row, a drawing, a training that goes on, and no fault of accessibility."""

from __future__ import annotations

import time

import pytest

from edgeml.training.history import write_history
from tests.report.axe import serious_faults
from tests.report.browser import ENTER, TAB, Browser
from tests.serve.conftest import epochs

pytestmark = [pytest.mark.tool, pytest.mark.slow]


def until(browser: Browser, script: str, seconds: float = 60) -> None:
    """Wait for a script to give something true."""
    end = time.monotonic() + seconds
    while not browser.run(script):
        assert time.monotonic() < end, script
        time.sleep(0.1)


@pytest.fixture
def page(chrome: Browser) -> Browser:
    chrome.size(1280, 900)
    chrome.media()
    chrome.console()
    return chrome


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_serious_fault(page, address, scheme, width):
    page.size(width, 900, mobile=width < 600)
    page.media("screen", scheme)
    for path in (
        "/",
        "/runs/first",
        "/runs/going",
        "/runs/nowhere",
        "/compare?run=first&run=second",
        "/studies/search",
    ):
        page.open(address + path)
        if path == "/runs/first":
            until(page, "return !document.querySelector('.take').hidden")
            page.click("#load")
            until(page, "return document.querySelectorAll('details.value').length")
            page.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert serious_faults(page) == [], path
        assert page.run("return document.documentElement.scrollWidth") <= width, path


def test_a_row_goes_through_the_network_with_the_keyboard_alone(page, address):
    page.open(f"{address}/runs/first")
    until(page, "return !document.querySelector('.take').hidden")
    page.run("document.getElementById('line').focus()")
    page.press("5.1,3.5,1.4,0.2", TAB, ENTER)
    until(page, "return document.querySelectorAll('details.value').length >= 3")
    assert "fixed point says" in page.run("return document.querySelector('.says').textContent")
    rows = page.run("return document.querySelectorAll('#result tbody tr').length")
    page.run("document.querySelector('details.value summary').focus()")
    page.press(ENTER)
    codes = page.run("return document.querySelector('details.value[open] .codes').textContent")
    assert rows == 3 and len(codes.split()) == 4 and all(int(code) == float(code) for code in codes.split())
    page.run("document.getElementById('line').value = '1,2'")
    page.click("#row button[type=submit]")
    until(page, "return document.querySelector('.wrong')")
    assert "a sample has 4 numbers" in page.run("return document.querySelector('.wrong').textContent")
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") in (
        "none",
        "solid",
        "auto",
    )
    assert [message for message in page.console() if "400" not in message] == []


def test_a_training_is_shown_as_it_goes(page, address, training):
    page.open(f"{address}/runs/going")
    until(page, "return document.getElementById('epochs').textContent.includes('epoch 3')")
    write_history(training.history_file, epochs(4))
    until(page, "return document.getElementById('epochs').textContent.includes('epoch 4')")
    assert (
        page.run("return document.querySelector('#loss polyline').getAttribute('points').split(' ').length")
        == 4
    )
    write_history(training.history_file, epochs(3))


def test_a_search_is_shown_as_it_goes(page, address):
    page.open(f"{address}/studies/search")
    until(page, "return document.querySelectorAll('svg circle').length == 30")
    assert "30 of 30 trials" in page.run("return document.body.textContent")
    assert page.console() == []


def test_two_runs_are_compared_from_the_list(page, address):
    page.open(address)
    for name in ("first", "second"):
        page.click(f"input[value={name}]")
    page.click("#choose button[type=submit]")
    until(page, "return document.querySelector('h1')?.textContent.includes('2 runs')")
    page.click(".runs a")
    until(page, "return document.querySelectorAll('.answer').length == 5")  # its report
