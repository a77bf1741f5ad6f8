"""comparison.html: several runs in one page. Invariant: as in `html`; links lead to the runs' own reports."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.report import charts_compare
from edgeml.report.charts_hardware import COLOURS
from edgeml.report.comparison import Comparison, tradeoffs
from edgeml.report.facts_hardware import DESIGNS, latency_ns, used
from edgeml.report.html import rendered
from edgeml.report.numbers import Number
from edgeml.report.words import span

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
    """The best of each number if all runs compare: title, number, its kind, who and its interval.

    Of designs that are equal in a number all are named; the interval is that of the first.
    """
    if len(found.groups()) > 1:
        return ()
    runs = found.runs
    cards = [
        _card("Most accurate", "percent", [(f"{r.key} {r.label}", r.accuracy.fixed) for r in runs], -1),
    ]
    designs = [(f"{run.key} {run.label}, {DESIGNS[i.design]}", i) for run in runs for i in run.hardware]
    cards.append(_card("Fewest LUTs", "amount", [(who, used(item, "lut")) for who, item in designs]))
    cards.append(_card("Fastest", "ns", [(who, latency_ns(item)) for who, item in designs]))
    cards.append(_card("Fewest bit operations", "amount", [(f"{r.key} {r.label}", r.bops) for r in runs]))
    return tuple(card for card in cards if card is not None)


def _card(
    title: str, kind: str, found: Sequence[tuple[str, Number]], sign: int = 1
) -> tuple[str, Number, str, str] | None:
    """The smallest number, or with `sign` -1 the largest; None if none is known."""
    known = [(sign * item.value, who, item) for who, item in found if item.value is not None]
    if not known:
        return None
    value = min(entry[0] for entry in known)
    equal = [(who, item) for one, who, item in known if one == value]
    item = equal[0][1]
    between = span(item, kind)
    names = [who for who, _ in equal]
    if len(names) > 2:  # their letters say it
        names = [", ".join(dict.fromkeys(who.split(" ")[0] for who in names))]
    return title, item, kind, "; ".join([*names, *([between] if between else [])])
