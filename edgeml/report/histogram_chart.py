"""The chart of a histogram against the limits of a type."""

from __future__ import annotations

import math
from html import escape

from edgeml.report.histogram import Histogram
from edgeml.report.svg import line, svg, text
from edgeml.report.words import exact


def histogram(item: Histogram) -> str:
    """Counts (square root, so that tails show) against the type's limits; what lies outside is shaded."""
    stop = item.start + item.step * len(item.counts)
    low, high = min(item.start, item.limits.lo), max(stop, item.limits.hi)
    pad = (high - low) * 0.02 or 1.0
    low, high = low - pad, high + pad
    left, right, top, bottom = 4.0, 256.0, 6.0, 84.0
    peak = math.sqrt(max(item.counts, default=0)) or 1.0

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    parts: list[str] = []
    parts.extend(
        f'<rect class="outside" x="{a:.2f}" y="{top}" width="{b - a:.2f}" height="{bottom - top}"/>'
        for a, b in ((left, x(item.limits.lo)), (x(item.limits.hi), right))
    )
    for i, count in enumerate(item.counts):
        if not count:
            continue
        begin, height = item.start + i * item.step, math.sqrt(count) / peak * (bottom - top)
        middle = begin + item.step / 2
        below, above = middle < item.limits.lo - item.step, middle > item.limits.hi + item.step
        style = "bar rectified" if below and item.rectifies else "bar beyond" if below or above else "bar"
        tip = escape(f"{exact(begin)} to {exact(begin + item.step)}: {count:,}")
        wide = max(1.2, x(begin + item.step) - x(begin) - 0.4)
        parts.append(
            f'<rect class="{style}" x="{x(begin):.2f}" y="{bottom - height:.2f}" '
            f'width="{wide:.2f}" height="{height:.2f}" data-tip="{tip}"/>'
        )
    parts.append(line(left, bottom, right, bottom, "axis"))
    for value, anchor in ((item.limits.lo, "lo"), (item.limits.hi, "hi")):
        parts.append(line(x(value), top - 4, x(value), bottom + 4, "limit"))
        near = x(value)
        side = "start" if near < 60 else "end" if near > 200 else "mid"
        parts.append(text(near, bottom + 17, exact(value), f"tick {side} {anchor}"))
    label = f"{item.name}, {item.type}: values from {exact(item.start)} to {exact(stop)}, "
    label += f"the type holds {exact(item.limits.lo)} to {exact(item.limits.hi)}"
    return svg(260, bottom + 22, parts, label)
