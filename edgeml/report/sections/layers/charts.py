"""Charts of the layer table."""

from __future__ import annotations

from html import escape

from edgeml.report.sections.layers.facts import ValueStatistics
from edgeml.report.svg import line
from edgeml.report.words import exact


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
