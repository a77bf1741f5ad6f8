"""The page in a real browser: loads from a disk without a network, draws, sorts, changes colours, prints."""

from __future__ import annotations

import pytest

from edgeml.report import write
from edgeml.report.verdicts import judged
from tests.report.browser import CHARTS, COLUMN, ENTER, FOLDS, SPACE, TAB, UNFOLD
from tests.report.samples import sample_facts

pytestmark = [pytest.mark.tool, pytest.mark.slow]

LAYERS = "#layers table"
FIRST_SCREEN = ("lut", "ff", "dsp", "bram", "accuracy")


def judged_facts():
    facts = sample_facts(mismatch=True)
    return facts.model_copy(update={"verdicts": judged(facts)})


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write(judged_facts(), tmp_path_factory.mktemp("report"))[2]


def test_loads_without_console_messages_or_requests(opened, page):
    asked = [url for url in opened.requests() if not url.startswith(("data:", "chrome:"))]
    assert asked == [page.resolve().as_uri()]
    assert opened.console() == []


@pytest.mark.parametrize("width", [390, 1280])
def test_every_chart_is_drawn_and_visible(opened, width):
    """Of a chart that is drawn twice, one is shown."""
    opened.size(width, 900, mobile=width < 600)
    opened.run(UNFOLD)
    sizes = opened.run(CHARTS)
    facts = sample_facts()
    # Network, profile, front of checkpoints, the first screen, accuracy, two curves, times, sensitivities
    # to rounding and pruning; of three designs resources, of two each a timeline and a path.
    measured = 1 + 3 + 1 + 4 + 6 + 1  # members, scores, reliability, residuals, reconstructions, hidden layer
    hardware = 3 + 1 + 1
    assert (
        len(sizes)
        == 9
        + len(FIRST_SCREEN)
        + measured
        + len(facts.weights)
        + len(facts.activations)
        + len(facts.layers)
        + hardware
    )
    assert all(width > 40 and height > 5 and marks >= 2 for width, height, marks in sizes)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_label_of_a_chart_is_cut_off(opened, width):
    opened.size(width, 900, mobile=width < 600)
    opened.run(UNFOLD)
    outside = opened.run(
        "return [...document.querySelectorAll('svg text')].filter((t) => {"
        " const box = t.getBBox(), view = t.ownerSVGElement.viewBox.baseVal;"
        " return view.width && (box.x < -1 || box.x + box.width > view.width + 1); })"
        ".map((t) => [t.textContent, t.closest('figure,section').textContent.slice(0, 80)])"
    )
    assert outside == []


def test_a_segment_of_the_resources_has_its_size(opened):
    opened.run(UNFOLD)
    sizes = opened.run(
        "return [...document.querySelectorAll('#hardware svg .seg, #hardware svg .step')]"
        ".map((s) => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    sizes = [size for size in sizes if any(size)]  # without those for a narrow screen
    assert len(sizes) > 8
    assert all(height > 10 for _, height in sizes)
    assert max(width for width, _ in sizes) > 100


def test_folded_designs_open_with_the_keyboard(opened):
    opened.run(FOLDS)
    state = "return [...document.querySelectorAll('details.design')].map((d) => d.open)"
    assert opened.run(state) == [True, False, False]
    opened.run("document.querySelectorAll('details.design > summary')[1].focus()")
    opened.press(ENTER)
    assert opened.run(state) == [True, True, False]


@pytest.mark.parametrize("column", [5, 11])
def test_boards_sort_by_share_and_by_time(opened, column):
    opened.run(FOLDS)
    head = f"#boards thead th:nth-child({column}) button"
    values = (
        "return [...document.querySelector('#boards table').tBodies[0].rows]"
        f".map((row) => Number(row.cells[{column - 1}].dataset.v))"
    )
    opened.click(head)
    rising = opened.run(values)
    assert rising == sorted(rising) and len(set(rising)) > 2
    opened.click(head)
    assert opened.run(values) == sorted(rising, reverse=True)


def test_sections_are_folded_and_links_open_them(opened, page):
    state = "return [...document.querySelectorAll('details.fold')].map((d) => d.open)"
    assert len(opened.run(state)) > 15 and not any(opened.run(state))
    digests = (
        "return [...document.querySelectorAll('#hardware .digest, #weights .digest')].map((d) => d.innerText)"
    )
    hardware, weights = opened.run(digests)
    assert ("typical error" in hardware and "LUTs" in hardware and "KiB" in weights) or " B" in weights
    opened.click(".verdicts a[href='#exactness']")
    assert opened.run("return document.querySelector('#exactness > details').open")
    opened.open(f"{page.resolve().as_uri()}#rounded")  # inside a section
    assert opened.run("return document.querySelector('#ways > details').open")
    opened.run("document.querySelector('#layers > details > summary').focus()")
    opened.press(ENTER)
    assert opened.run("return document.querySelector('#layers > details').open")
    opened.click("#unfold")
    assert all(opened.run(state))
    opened.click("#unfold")
    assert not any(opened.run(state))


def test_the_answer_is_on_the_first_screen(opened):
    for width, height in ((1400, 900), (800, 1000)):
        opened.size(width, height)
        bottoms = opened.run(
            "return [...document.querySelectorAll('.answer')].map((a) => a.getBoundingClientRect().bottom)"
        )
        assert len(bottoms) == 5 and max(bottoms) < height
    opened.size(390, 844, mobile=True)
    assert opened.run("return document.documentElement.scrollWidth") == 390


def test_links_within_the_page_lead_somewhere(opened):
    lost = opened.run(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href'))"
        ".filter((href) => !document.getElementById(href.slice(1)))"
    )
    assert lost == []
    opened.click("nav a[href='#boards']")
    assert opened.run("return location.hash") == "#boards"
    assert opened.run("return document.getElementById('boards').getBoundingClientRect().top") < 300


def test_a_bar_of_a_histogram_has_its_geometry(opened):
    opened.run(FOLDS)
    # A style that resets everything would also reset x, y, width and height of a rect.
    heights = opened.run(
        "const bars = [...document.querySelectorAll('#weights svg .bar')];"
        "return bars.map((bar) => bar.getBoundingClientRect().height)"
    )
    assert len(heights) > 10
    assert max(heights) > 40


def test_tables_sort_by_number_on_click(opened):
    opened.run(FOLDS)
    head = f"{LAYERS} thead th:nth-child(10)"
    opened.click(f"{head} button")
    widths = [int(text) for text in opened.run(COLUMN, LAYERS, 9)]
    assert widths == sorted(widths)
    assert opened.run("return document.querySelector(arguments[0]).ariaSort", head) == "ascending"
    opened.click(f"{head} button")
    again = [int(text) for text in opened.run(COLUMN, LAYERS, 9)]
    assert again == sorted(widths, reverse=True)
    assert len(set(widths)) > 2
    assert opened.run(f"return document.querySelectorAll('{LAYERS} th[aria-sort]').length") == 1


def test_negative_fractions_sort_as_numbers(opened):
    opened.run(FOLDS)
    opened.click(f"{LAYERS} thead th:nth-child(6) button")
    lowest = [float(text) for text in opened.run(COLUMN, LAYERS, 5)]
    assert lowest == sorted(lowest)
    assert len({value for value in lowest if value < 0}) > 3


def test_tables_sort_with_the_keyboard(opened):
    opened.run(FOLDS)
    opened.run(f"document.querySelector('{LAYERS} th:nth-child(1) button').focus()")
    opened.press(ENTER)
    names = opened.run(COLUMN, LAYERS, 0)
    assert names == sorted(names)
    assert names != [layer.name for layer in sample_facts().layers]
    opened.press(TAB)
    opened.press(SPACE)
    ops = opened.run(COLUMN, LAYERS, 1)
    assert ops == sorted(ops, key=str.lower)


def test_what_has_no_value_stays_last_in_both_directions(opened):
    opened.run(FOLDS)
    exactness = "#exactness table"
    for _ in range(2):
        opened.click(f"{exactness} thead th:nth-child(4) button")
        assert opened.run(COLUMN, exactness, 0)[-1] == "hls4ml"


def test_colours_follow_the_system_and_the_button(opened):
    ink = "return [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]"
    theme, light = opened.run(ink)
    assert theme == "light"
    opened.media(scheme="dark")
    theme, dark = opened.run(ink)
    assert theme == "dark"
    assert light != dark
    opened.click("#theme")
    assert opened.run(ink) == ["light", light]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(opened, scheme):
    opened.media(scheme=scheme)
    opened.run(UNFOLD)
    # WCAG 2.2, 1.4.3: 4.5 to 1; large text and what is only decoration 3 to 1.
    worst = opened.run(
        """
        const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
        const light = (c) => c.slice(0, 3).map((v) => v / 255)
          .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const ground = (e) => {
          for (; e; e = e.parentElement) {
            const c = rgb(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] === 1) return c;
          }
          return [255, 255, 255];
        };
        const found = [];
        const texts = "p, td, th, dd, dt, h1, h2, h3, a, figcaption, summary, .badge, .status, .fit, .stage, "
          + ".between, .reached";
        for (const e of document.querySelectorAll(texts)) {
          if (!e.textContent.trim() || !e.getBoundingClientRect().width || e.closest(".confusion")) continue;
          const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
          const name = `${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`;
          found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), name]);
        }
        return found.sort((a, b) => a[0] - b[0]).slice(0, 5);
        """
    )
    assert worst[0][0] >= 4.5, worst


@pytest.mark.parametrize("width", [1400, 1280, 768, 400, 320])
def test_nothing_sticks_out_sideways(opened, width):
    opened.run(UNFOLD)
    opened.size(width, 800, mobile=width < 600)
    assert opened.run("return document.documentElement.scrollWidth") <= width


def test_a_tip_tells_what_is_under_the_pointer(opened):
    opened.run(
        "const dot = document.querySelector('#accuracy svg .dot');"
        "dot.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const box = dot.getBoundingClientRect();"
        "dot.dispatchEvent(new PointerEvent('pointermove', {bubbles: true, clientX: box.x, clientY: box.y}));"
    )
    assert "float32: " in opened.run("return document.getElementById('tip').textContent")


def test_prints_to_pdf(opened):
    opened.media(
        "print", "dark"
    )  # with "screen" emulated, the page would be printed in its style for screens
    assert opened.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.run("return getComputedStyle(document.querySelector('header')).display") == "none"
    shadows = (
        "const shown = [...document.querySelectorAll('*')].map((e) => getComputedStyle(e).boxShadow);"
        "return shown.filter((shadow) => shadow !== 'none').length"
    )
    assert opened.run(shadows) == 0  # a blurred shadow makes printing twenty times slower
    pdf = opened.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 30_000
