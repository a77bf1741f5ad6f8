"""The comparison of runs in a real browser."""

from __future__ import annotations

import pytest

from edgeml.report import render_comparison
from edgeml.report.comparison.compare import compare
from tests.report.browser import CHARTS
from tests.report.samples import sample_facts
from tests.report.test_comparison import smaller

pytestmark = [pytest.mark.tool, pytest.mark.slow]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder, facts = tmp_path_factory.mktemp("compared"), sample_facts()
    other = facts.data.model_copy(update={"checksum": "cd" * 32, "name": "plants"})
    made = (
        ("large", smaller(facts, 1, 0.95)),
        ("small", smaller(facts, 0.5, 0.90)),
        ("plants", smaller(facts, 0.1, 0.9, data=other)),
    )
    for name, _ in made:
        (folder / name).mkdir()
        (folder / name / "report.html").write_text("<!doctype html><title>its own report</title>")
    out = folder / "comparison"
    render_comparison(compare([(folder / name, one) for name, one in made], out)).write(out)
    return out / "comparison.html"


def test_loads_without_console_messages_or_requests(opened, page):
    asked = [url for url in opened.requests() if not url.startswith(("data:", "chrome:"))]
    assert asked == [page.resolve().as_uri()]
    assert opened.console() == []


def test_three_trade_offs_are_drawn_for_the_runs_that_compare(opened):
    sizes = opened.run(CHARTS)
    assert len(sizes) == 3 + 2  # and the trainings
    assert all(width > 250 and height > 150 for width, height, _ in sizes)
    assert all(marks > 8 for *_, marks in sizes[:3])
    dots = opened.run(
        "const dots = [...document.querySelectorAll('#tradeoffs svg .dot')];"
        "return dots.map((dot) => dot.getBoundingClientRect().width)"
    )
    assert len(dots) == 4 + 4 + 2 and min(dots) > 8


def test_models_sort_by_accuracy_and_by_bit_operations(opened):
    letters = (
        "return [...document.querySelectorAll('#models tbody .letter')].map((e) => e.textContent).join('')"
    )
    assert opened.run(letters) == "ABC"
    opened.click("#models thead th:nth-child(3) button")
    assert opened.run(letters) == "BCA"
    heads = "return [...document.querySelectorAll('#models thead th')].map((e) => e.textContent.trim())"
    place = 1 + next(at for at, head in enumerate(opened.run(heads)) if head.startswith("Bit operations"))
    opened.click(f"#models thead th:nth-child({place}) button")
    assert opened.run(letters) == "CBA"
    opened.click(f"#models thead th:nth-child({place}) button")
    assert opened.run(letters) == "ABC"


def test_a_link_opens_the_runs_own_report(opened):
    opened.click(".runs li:nth-child(2) a")
    assert opened.run("return document.title") == "its own report"
    assert opened.run("return location.href").endswith("/small/report.html")


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out_sideways(opened, width):
    opened.size(width, 800, mobile=width < 600)
    assert opened.run("return document.documentElement.scrollWidth") <= width


def test_dark_and_print(opened):
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = opened.run(colour)
    opened.media(scheme="dark")
    assert opened.run(colour) != light
    opened.media("print", "dark")
    assert opened.run(colour) == "rgb(255, 255, 255)"
    assert opened.pdf().startswith(b"%PDF")
