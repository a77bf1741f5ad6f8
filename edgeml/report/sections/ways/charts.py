"""Times of the ways to run the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from edgeml.report.numbers import Number
from edgeml.report.svg import WIDE, chart_style, gutter, line, shortened, svg, text
from edgeml.report.words import duration, number, span


def times(width: float, rows: Sequence[tuple[str, str, Number, bool]]) -> str:
    """Times of one sample on a logarithmic axis, a point per way to run the model.

    Args:
        width: of the chart.
        rows: name, class of its colour, nanoseconds, and whether on the CPU; a line parts those from FPGAs.

    Returns:
        The chart, or "" if no time is known.
    """
    stated = [item for _, _, item, _ in rows if item.value]
    if not stated:
        return ""
    low = math.log10(min(float(item.low or item.value or 1) for item in stated))
    high = math.log10(max(float(item.high or item.value or 1) for item in stated))
    low, high = math.floor(low - 0.05), math.ceil(high + 0.05)
    narrow = width < WIDE
    names = [shortened(name, 16 if narrow else 40) for name, *_ in rows]
    left, right, top, pitch = gutter(names), width - (76 if narrow else 120), 12.0, 32.0
    step = math.ceil((high - low) / (2 if narrow else 8))
    bottom = top + pitch * len(rows)

    def x(ns: float) -> float:
        return left + (math.log10(ns) - low) / ((high - low) or 1) * (right - left)

    parts: list[str] = []
    for power in range(low, high + 1):
        tick = 10.0**power
        parts.append(line(x(tick), top - 4, x(tick), bottom, "grid"))
        if (power - low) % step == 0:
            parts.append(text(x(tick), bottom + 16, duration(tick), "tick mid"))
    for row, (name, style, item, on_cpu) in enumerate(rows):
        y = top + pitch * (row + 0.5)
        if row and rows[row - 1][3] and not on_cpu:
            parts.append(line(8, y - pitch / 2, width, y - pitch / 2, "rest-line"))
        parts.append(text(left - 12, y + 4, names[row], "label end"))
        if not item.value:
            parts.append(text(left + 8, y + 4, "not available", "tick"))
            continue
        label = number(item, "ns")
        between = f", between {span(item, 'ns')}" if item.low is not None else ""
        parts.append(f'<g class="{style}" data-tip="{escape(f"{name}: {label}{between} ({item.source})")}">')
        if item.low and item.high:
            parts.append(line(x(item.low), y, x(item.high), y, "whisker"))
        hollow = " hollow" if item.source == "estimate" else ""
        parts.append(f'<circle class="dot{hollow}" cx="{x(item.value):.1f}" cy="{y:.1f}" r="6"/></g>')
        parts.append(text(width, y + 4, label, "value end"))
    detail = ", ".join(
        f"{name} {number(item, 'ns')} ({item.source})" for name, _, item, _ in rows if item.value
    )
    style = chart_style(width)
    return svg(width, bottom + 26, parts, f"Time of one sample, logarithmic: {detail}", "", style)
