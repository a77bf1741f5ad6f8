"""A chart of curves and points over two axes.

Invariant: a point outside the axes is not drawn, and the label names every series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from edgeml.report.svg import Scale, line, log_ticks, svg, text, ticks


@dataclass(frozen=True)
class Series:
    """A curve, or a cloud of points.

    Attributes:
        name: of it, for the label and the tips.
        style: classes of its colour: "m-fixed", "k3".
        points: x and y.
        cloud: true for points without a line between them.
        radius: of the points of a cloud.
        tips: what is shown under the pointer, per point; () for none.
    """

    name: str
    style: str
    points: Sequence[tuple[float, float]]
    cloud: bool = False
    radius: float = 3.0
    tips: Sequence[str] = ()


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: of it.
        low: where it begins; of a logarithmic one above 0.
        high: where it ends.
        logarithmic: true for powers of ten.
        percent: true if the values are shares.
    """

    title: str
    low: float
    high: float
    logarithmic: bool = False
    percent: bool = False

    def place(self, value: float) -> float:
        """The place of a value, 0 to 1."""
        ends = [self.low, self.high, value]
        low, high, at = map(math.log10, ends) if self.logarithmic else ends
        return (at - low) / ((high - low) or 1.0)

    def holds(self, value: float) -> bool:
        """True if a value lies on the axis."""
        return self.low <= value <= self.high

    def ticks(self) -> list[float]:
        """Round values on it."""
        if self.logarithmic:
            return log_ticks(math.log10(self.low), math.log10(self.high))
        return ticks(self.low, self.high, 5)

    def shown(self, value: float) -> str:
        """A value in words.

        >>> Axis("bit operations", 0, 20_000).shown(10_000), Axis("loss", 0, 1).shown(0.0625)
        ('10,000', '0.0625')
        """
        if self.percent:
            return f"{100 * value:.4g} %"
        return f"{value:,.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.4g}"


def around(title: str, values: Sequence[float], logarithmic: bool = False, percent: bool = False) -> Axis:
    """An axis that all values are on, with a margin."""
    low, high = min(values), max(values)
    if logarithmic:
        return Axis(title, low / 1.1, high * 1.1, True, percent)
    margin = (high - low) * 0.04 or abs(high) * 0.05 or 1.0
    return Axis(title, low - margin, high + margin, False, percent)


def xy_chart(
    series: Sequence[Series],
    across: Axis,
    up: Axis,
    label: str,
    *,
    diagonal: bool = False,
    height: float = 300.0,
    marks: Sequence[tuple[float, str]] = (),
    names: Sequence[tuple[float, float, str, str]] = (),
) -> str:
    """The chart, "" without a point.

    Args:
        series: curves first, for points lie above them.
        across: the horizontal axis.
        up: the vertical one.
        label: what it shows, in words.
        diagonal: a line from corner to corner: chance, or a perfect match.
        height: of its coordinates.
        marks: values of the horizontal axis with a vertical line and a few words.
        names: words at a place, with their style.
    """
    if not any(item.points for item in series):
        return ""
    left, right, top, bottom = 58.0, 436.0, 12.0, height - 44.0

    def x(value: float) -> float:
        return left + across.place(value) * (right - left)

    def y(value: float) -> float:
        return bottom - up.place(value) * (bottom - top)

    parts: list[str] = []
    for tick in up.ticks():
        parts += [line(left, y(tick), right, y(tick), "grid")]
        parts += [text(left - 8, y(tick) + 4, up.shown(tick), "tick end")]
    for tick in across.ticks():
        parts += [line(x(tick), top, x(tick), bottom, "grid")]
        parts += [text(x(tick), bottom + 17, across.shown(tick), "tick mid")]
    parts.append(text(right, bottom + 34, across.title, "tick end"))
    parts.append(text(left, bottom + 34, f"↑ {up.title}", "tick start"))
    if diagonal:
        parts.append(line(left, bottom, right, top, "limit"))
    for value, words in marks:
        parts += [line(x(value), top, x(value), bottom, "next")]
        anchor, shift = ("end", -5) if across.place(value) > 0.6 else ("start", 5)
        parts.append(text(x(value) + shift, top + 12, words, f"tick {anchor}"))
    for item in series:
        parts += _drawn(item, across, up, x, y)
    parts += [text(x(a), y(b) + 4, words, f"named mid {style}") for a, b, words, style in names]
    shown = ", ".join(dict.fromkeys(item.name for item in series if item.points))
    return svg(460, height, parts, f"{label}: {shown}")


def _drawn(item: Series, across: Axis, up: Axis, x: Scale, y: Scale) -> list[str]:
    inside = [(at, place) for place, at in enumerate(item.points) if across.holds(at[0]) and up.holds(at[1])]
    if item.cloud:
        tips = [f' data-tip="{escape(item.tips[place])}"' if item.tips else "" for _, place in inside]
        return [
            f'<circle class="point {item.style}" cx="{x(a):.1f}" cy="{y(b):.1f}" r="{item.radius:g}"{tip}/>'
            for ((a, b), _), tip in zip(inside, tips, strict=True)
        ]
    path = " ".join(f"{'L' if i else 'M'}{x(a):.1f} {y(b):.1f}" for i, ((a, b), _) in enumerate(inside))
    if not path:
        return []
    return [f'<path class="curve {item.style}" d="{path}" data-tip="{escape(item.name)}"/>']
