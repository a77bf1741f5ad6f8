"""axe-core in a page: what it finds of serious and critical faults of accessibility."""

from __future__ import annotations

from pathlib import Path

import axe_core_python

from tests.report.browser import Browser

_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then((found) => done({
  passed: found.passes.length,
  faults: found.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`),
}));
"""


def serious_faults(browser: Browser) -> list[str]:
    """The faults of the page that is open, by rule, with the elements that have them."""
    source = next(Path(axe_core_python.__file__).parent.glob("axe.min.js"))
    browser.run(source.read_text(encoding="utf-8"))
    found = browser.wait(_RUN)
    assert found["passed"] > 15  # the rules were run
    return found["faults"]
