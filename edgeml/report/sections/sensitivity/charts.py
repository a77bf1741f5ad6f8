"""The cost of each tensor's rounding, alone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from edgeml.report.sections.sensitivity.view import TensorSensitivity
from edgeml.report.svg import WIDE, chart_style, gutter, line, shortened, svg, text, ticks


def sensitivity_chart(width: float, tensors: Sequence[TensorSensitivity]) -> str:
    """A line per tensor with a mark per width, placed by the SQNR of the logits; right is better.

    Args:
        width: of the chart.
        tensors: in their order.

    Returns:
        The chart, or "" if nothing was measured.
    """
    every = [row.sqnr_db for tensor in tensors for row in tensor.rows]
    if not every:
        return ""
    low, high = min(every), max(every)
    narrow = width < WIDE
    names = [shortened(tensor.name, 16 if narrow else 40) for tensor in tensors]
    left, right, top, pitch = gutter(names), width - 24, 22.0, 30.0
    bottom = top + pitch * len(tensors)

    def x(value: float) -> float:
        return left + (value - low) / ((high - low) or 1.0) * (right - left)

    parts: list[str] = []
    for tick in ticks(low, high, 3 if narrow else 6):
        parts.append(line(x(tick), top - 10, x(tick), bottom, "grid"))
        parts.append(text(x(tick), bottom + 16, f"{tick:g} dB", "tick mid"))
    for place, tensor in enumerate(tensors):
        y = top + pitch * (place + 0.5)
        parts.append(text(left - 12, y + 4, names[place], "label end"))
        for row in tensor.rows:
            tip = f"{tensor.name} at {row.bits} bits: {row.sqnr_db:.1f} dB, {row.loss:+.2f} points lost"
            parts.append(f'<g class="m-fixed" data-tip="{escape(tip)}">')
            parts.append(f'<circle class="dot" cx="{x(row.sqnr_db):.1f}" cy="{y:.1f}" r="5"/></g>')
            parts.append(text(x(row.sqnr_db), y - 8, str(row.bits), "tick mid"))
    worst = ", ".join(
        f"{t.name} {t.rows[-1].sqnr_db:.1f} dB at {t.rows[-1].bits} bits" for t in tensors if t.rows
    )
    label = f"SQNR of the logits with one tensor narrower: {worst}"
    return svg(width, bottom + 26, parts, label, "", chart_style(width))
