"""comparison.html: several runs in one page. Invariant: as in `html`; links lead to the runs' own reports."""

from __future__ import annotations

from edgeml.report import charts_compare
from edgeml.report.charts_hardware import COLOURS
from edgeml.report.comparison import Comparison, tradeoffs
from edgeml.report.facts_hardware import DESIGNS, latency_ns, used
from edgeml.report.html import rendered
from edgeml.report.numbers import Number

SECTIONS = (("tradeoffs", "Trade-offs"), ("models", "Models"), ("fpga", "On an FPGA"))
"""Anchor and title of every section; the template is `_<anchor>.html.j2`."""


def to_html(found: Comparison) -> str:
    """The text of comparison.html.

    Raises:
        MissingToolError: jinja2 is not installed.
    """
    return rendered(
        "compare.html.j2",
        SECTIONS,
        found.version,
        found=found,
        best=best(found),
        tradeoffs=tradeoffs,
        index=charts_compare.index,
        colours=COLOURS,
    )


def best(found: Comparison) -> tuple[tuple[str, Number, str, str], ...]:
    """The best of each number if all runs compare: title, number, its kind, who."""
    if len(found.groups()) > 1:
        return ()
    runs = found.runs
    accurate = max(runs, key=lambda run: run.accuracy.fixed.value or 0)
    least = min(runs, key=lambda run: run.bops.value or 0)
    cards = [("Most accurate", accurate.accuracy.fixed, "percent", f"{accurate.key} {accurate.label}")]
    designs = [(run, item) for run in runs for item in run.hardware]
    for title, kind, number in (
        ("Fewest LUTs", "amount", lambda i: used(i, "lut")),
        ("Fastest", "ns", latency_ns),
    ):
        known = [(run, item, number(item)) for run, item in designs if number(item).value is not None]
        if known:
            run, item, value = min(known, key=lambda entry: entry[2].value or 0)
            cards.append((title, value, kind, f"{run.key} {run.label}, {DESIGNS[item.design]}"))
    cards.append(("Fewest bit operations", least.bops, "amount", f"{least.key} {least.label}, per sample"))
    return tuple(cards)
