"""Both pages without a mouse and without eyes: what the keys reach and what the accessibility tree says."""

from __future__ import annotations

import pytest

from edgeml.report import render_comparison, write
from edgeml.report.comparison.compare import compare
from tests.report.axe import serious_faults
from tests.report.browser import ENTER, SPACE, TAB, UNFOLD
from tests.report.samples import sample_facts
from tests.report.test_comparison import smaller

pytestmark = [pytest.mark.tool, pytest.mark.slow]


@pytest.fixture(scope="module", params=["report", "comparison"])
def page(request, tmp_path_factory):
    folder, facts = tmp_path_factory.mktemp(request.param), sample_facts(mismatch=True)
    if request.param == "report":
        return write(facts, folder)[2]
    made = [(folder / "large", smaller(facts, 1, 0.95)), (folder / "small", smaller(facts, 0.5, 0.9))]
    render_comparison(compare(made, folder)).write(folder)
    return folder / "comparison.html"


def tree(browser) -> list[tuple[str, str]]:
    """Role and name of all that a screen reader is told of."""
    browser.run(UNFOLD)
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    told = [node for node in nodes if not node["ignored"]]
    return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in told]


def test_tables_charts_and_buttons_have_names(opened):
    found = tree(opened)
    for role, least in (("table", 2), ("image", 3), ("button", 20), ("region", 3)):
        names = [name for kind, name in found if kind == role]
        assert len(names) >= least, role
        assert all(name.strip() for name in names), role
    tables = [name for kind, name in found if kind == "table"]
    assert len(set(tables)) >= len(tables) - 4  # three designs have tables of one name each
    charts = [name for kind, name in found if kind == "image"]
    assert all(len(name) > 15 for name in charts)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_serious_fault(opened, scheme, width):
    opened.size(width, 900, mobile=width < 600)
    opened.media("screen", scheme)
    opened.run(UNFOLD)
    assert serious_faults(opened) == []


SORTED = """
const wrong = [];
for (const [t, table] of [...document.querySelectorAll('table.sortable')].entries()) {
  const heads = [...table.tHead.rows[0].cells];
  if (heads.some((head) => head.scope !== 'col')) wrong.push([t, 'scope']);
  for (const [c, head] of heads.entries()) {
    const button = head.querySelector('button');
    for (const order of button ? ['ascending', 'descending'] : []) {
      button.click();
      const told = heads.every((other) => other.ariaSort === (other === head ? order : null));
      if (!told) wrong.push([t, c, order]);
    }
  }
}
return wrong;
"""


def test_every_head_says_by_what_its_table_is_sorted(opened):
    opened.run(UNFOLD)
    assert opened.run(SORTED) == []


def test_every_table_sorts_with_the_keys(opened):
    opened.run(UNFOLD)
    tables = opened.run("return document.querySelectorAll('table.sortable').length")
    assert tables >= 2
    for table in range(tables):
        heads = f"[...document.querySelectorAll('table.sortable')][{table}].tHead.rows[0].cells"
        opened.run(f"{heads}[0].querySelector('button').focus()")
        opened.press(ENTER, TAB, SPACE)  # nothing else stands between one head and the next
        orders = opened.run(f"return [...{heads}].slice(0, 2).map((h) => h.ariaSort)")
        assert orders == [None, "ascending"], table


def test_the_focus_can_be_seen(opened):
    opened.run(UNFOLD)
    opened.run("document.querySelector('table.sortable th button').focus()")
    opened.press(TAB)
    style = "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]"
    assert opened.run(style) == ["solid", "2px"]
    hint = "return getComputedStyle(document.activeElement, '::after').content"
    assert "\u2195" in opened.run(hint)  # that it sorts can be seen before it did


def test_the_first_tab_leads_past_the_navigation(opened):
    opened.press(TAB)
    assert opened.run("return document.activeElement.className") == "skip"
    opened.press(ENTER)
    assert opened.run("return location.hash") == "#main"


@pytest.mark.parametrize("width", [400, 1280])
def test_what_scrolls_sideways_is_reached_by_tab_and_what_fits_is_not(opened, width):
    opened.run(UNFOLD)
    opened.size(width, 800, mobile=width < 600)
    opened.media()  # two frames later the page has looked at its boxes again
    boxes = opened.run(
        "const told = ['tabindex', 'role', 'aria-label'];"
        "const over = (box) => box.scrollWidth > box.clientWidth + 1;"
        "return [...document.querySelectorAll('.scroll')]"
        ".map((box) => [over(box), ...told.map((name) => box.getAttribute(name))])"
    )
    assert any(over for over, *_ in boxes) or width > 400
    for over, stop, role, name in boxes:
        assert (stop, role) == (("0", "group") if over else (None, None))
        assert not over or name.endswith("scrolls sideways")


def test_colour_is_never_the_only_sign(opened):
    opened.run(UNFOLD)
    # A status, a badge and a verdict on fitting say it in words.
    words = "return [...document.querySelectorAll('.status, .badge, .fit')].map((e) => e.innerText.trim())"
    assert all(any(letter.isalpha() for letter in text) for text in opened.run(words))
    # What a legend names by colour has a letter, a number, or its name beside it in the chart.
    for key in opened.run(
        "return [...document.querySelectorAll('i.letter, i.lkey')].map((e) => e.textContent)"
    ):
        assert key.strip()
    curves = opened.run(
        "return [...document.querySelectorAll('#training svg.chart')]"
        ".map((s) => [...s.querySelectorAll('.named')].map((t) => t.textContent))"
    )
    assert all(names == ["float", "qat"] for names in curves)


def test_in_print_nothing_is_wider_than_the_paper(opened):
    opened.media("print")
    opened.run(UNFOLD)
    opened.size(703, 1000)  # A4 without its margins, in CSS pixels
    wide = opened.run(
        "return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 712)"
        ".map((e) => `${e.tagName}.${e.className.baseVal ?? e.className} ${e.getBoundingClientRect().right}`)"
    )
    assert wide == []
