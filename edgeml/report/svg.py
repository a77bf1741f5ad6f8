"""The pieces that charts are put together from.

Invariant: every text is escaped here, and a chart has a role and a name that says in words what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from html import escape
from typing import Concatenate, ParamSpec

WIDE = 760.0
"""Width of a chart over the whole page."""

NARROW = 360.0
"""Width of the same chart on a telephone."""

COLOURS = 8
"""Colours of layers and runs in the style sheet, used again from the start when there are more."""

Scale = Callable[[float], float]
"""From a value to a place in the chart."""


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line of a class."""
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, words: str, style: str) -> str:
    """A text of a class: "start", "mid" or "end" says where `x` is."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, style: str, tip: str = "") -> str:
    """A rectangle of a class; `tip` is shown under the pointer."""
    attribute = f' data-tip="{escape(tip)}"' if tip else ""
    place = f'x="{x:.2f}" y="{y:.2f}" width="{max(width, 0.0):.2f}" height="{height:.2f}"'
    return f'<rect class="{style}" {place}{attribute}/>'


def svg(
    width: float, height: float, parts: Sequence[str], label: str, detail: str = "", style: str = ""
) -> str:
    """A chart.

    Args:
        width: of its coordinates.
        height: of its coordinates.
        parts: its elements.
        label: its name for those who do not see it.
        detail: more for them, read on demand.
        style: further classes.
    """
    description = f"<desc>{escape(detail)}</desc>" if detail else ""
    body = "".join(parts)
    role = "group" if "<a " in body else "img"  # readers of screens find no link in an image
    return (
        f'<svg class="chart{f" {style}" if style else ""}" viewBox="0 0 {width:g} {height:g}" role="{role}" '
        f'aria-label="{escape(label)}">{description}{body}</svg>'
    )


_Arguments = ParamSpec("_Arguments")


def in_both_widths(draw: Callable[Concatenate[float, _Arguments], str]) -> Callable[_Arguments, str]:
    """A chart that is drawn twice, over a page and for a narrow screen; the style sheet shows one of them.

    Args:
        draw: draws the chart in the width that is its first argument; "" if there is nothing to draw.
    """

    @wraps(draw)
    def both(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> str:
        wide = draw(WIDE, *args, **kwargs)
        narrow = draw(NARROW, *args, **kwargs) if wide else ""
        return f'<div class="onwide">{wide}</div><div class="onnarrow">{narrow}</div>' if wide else ""

    return both


def chart_style(width: float) -> str:
    """The class of a chart of one of the two widths."""
    return "wide" if width >= WIDE else "narrow"


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers between `low` and `high`, about `count` of them.

    >>> ticks(0.93, 0.99, 4)
    [0.94, 0.96, 0.98]
    """
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between 10^low and 10^high."""
    powers = range(math.floor(low) - 1, math.ceil(high) + 1)
    every = [m * 10.0**p for p in powers for m in (1, 2, 5)]
    inside = [float(f"{v:.3g}") for v in every if low <= math.log10(v) <= high]
    whole = [v for v in inside if math.log10(v) == round(math.log10(v))]
    return whole if len(inside) > 7 and len(whole) > 1 else inside


def gutter(labels: Iterable[str]) -> float:
    """The x coordinate at which a chart begins that has these labels on its left."""
    return min(320.0, max(110.0, 24 + 7.4 * max(map(len, labels), default=0)))


def shortened(name: str, most: int = 30) -> str:
    """The name, cut to at most so many characters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"
