"""Charts of the layer table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from edgeml.report.histogram import Span
from edgeml.report.sections.layers.facts import ValueStatistics
from edgeml.report.svg import line, rect, shortened, svg, text, ticks
from edgeml.report.words import exact, percent


def profile(rows: Sequence[ValueStatistics]) -> str:
    """Every value's type as a bar over powers of two, filled as far as samples used it; what clips is marked.

    Returns:
        The chart, or "" without values.
    """
    shown = [row for row in rows if row.representable.hi > row.representable.lo]
    if not shown:
        return ""
    tops = [_top(row.representable) for row in shown]
    lows = [top - _magnitude(row) for top, row in zip(tops, shown, strict=True)]
    low, high = min(lows), max(tops)
    left, right, pitch = 118.0, 336.0, 22.0
    bottom = 12 + pitch * len(shown)

    def x(power: float) -> float:
        return left + (power - low) / ((high - low) or 1) * (right - left)

    parts: list[str] = []
    for tick in ticks(low, high, 5):
        if tick == int(tick):
            parts.append(line(x(tick), 8, x(tick), bottom, "grid"))
            parts.append(text(x(tick), bottom + 15, f"2^{int(tick)}", "tick mid"))
    for place, (row, top, start) in enumerate(zip(shown, tops, lows, strict=True)):
        y = 12 + pitch * place
        used = max(min(_top(row.used), top), start)
        label = f"{row.name}: {row.type}, {row.bits_used} of {row.width} bits used"
        share = row.saturated.value if row.saturated is not None else None
        label += f", {percent(share, 1)} clipped" if share else ""
        parts.append(text(left - 8, y + 13, shortened(row.name, 16), "label end"))
        parts.append(rect(x(start), y + 4, x(used) - x(start), 11, "r-used", label))
        parts.append(rect(x(start), y + 4, x(top) - x(start), 11, "r-type", label))
        if row.clips:
            parts.append(rect(x(top), y + 4, 5, 11, "clip", label))
    words = "; ".join(f"{row.name} {row.bits_used} of {row.width} bits" for row in shown)
    return svg(
        344, bottom + 22, parts, f"Bits of every value's type that samples used: {words}", "", "profile"
    )


def _top(span: Span) -> float:
    """The power of two that the span reaches to."""
    largest = max(abs(span.lo), abs(span.hi))
    return math.log2(largest) if largest > 0 else -math.inf


def _magnitude(row: ValueStatistics) -> int:
    """The bits of a type that its size is told by: all but the sign."""
    return row.width - (row.representable.lo < 0)


def range_bar(layer: ValueStatistics) -> str:
    """The used range inside the possible one inside the type's."""
    full = layer.representable
    low, high = min(full.lo, layer.possible.lo), max(full.hi, layer.possible.hi)
    length = (high - low) or 1.0

    def bar(lo: float, hi: float, style: str, y: int, height: int) -> str:
        start, width = (lo - low) / length * 100, (hi - lo) / length * 100
        place = f'x="{start:.2f}" y="{y}" width="{max(width, 0.8):.2f}" height="{height}"'
        return f'<rect class="{style}" {place}/>'

    parts = [
        bar(full.lo, full.hi, "r-type", 0, 10),
        bar(layer.possible.lo, layer.possible.hi, "r-possible", 2, 6),
        bar(layer.used.lo, layer.used.hi, "r-used", 2, 6),
    ]
    zero = (0 - low) / length * 100
    if 0 < zero < 100:
        parts.append(line(zero, 0, zero, 10, "r-zero"))
    label = f"used {exact(layer.used.lo)} to {exact(layer.used.hi)}, possible {exact(layer.possible.lo)} to "
    label += f"{exact(layer.possible.hi)}, the type holds {exact(full.lo)} to {exact(full.hi)}"
    return (
        f'<svg class="range" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}" data-tip="{escape(label)}">{"".join(parts)}</svg>'
    )
