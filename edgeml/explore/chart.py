"""The chart of a study: every trial as a point, the front as a line, limits as lines.

A point of the front leads to its row in the table. Of many other trials, one is drawn per small square.

Invariant: a chart has at most `_MOST` points beside the front, however many trials there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from edgeml.report.svg import line, svg, text
from edgeml.report.xy import Axis, around

_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 436.0, 12.0, 256.0
_HEIGHT = 300.0
_MOST = 2000
_WHISKERS = 30
"""Points of the front up to which intervals are drawn; those of more would hide each other."""
_SHOWN = 400
"""Points of the front that are drawn at most."""


@dataclass(frozen=True)
class ChartPoint:
    """A trial of the front, or the preset as it is.

    Attributes:
        number: of the trial.
        across: its value on the horizontal axis.
        up: on the vertical one.
        low: the low end of its interval on the horizontal axis.
        high: the high end.
        tip: what is shown under the pointer.
    """

    number: int
    across: float
    up: float
    low: float
    high: float
    tip: str


@dataclass(frozen=True)
class ChartInput:
    """Everything that is drawn.

    Attributes:
        across: title of the horizontal axis.
        up: title of the vertical one.
        front: its points.
        own: the preset as it is; None if it is not known.
        others: the other trials, (n, 2).
        within: which of them keep the limits.
        limit: on the horizontal axis; None without.
        knee: the number of the trial at the knee.
        joined: whether a line joins the front, which is one in these two axes.
    """

    across: str
    up: str
    front: Sequence[ChartPoint]
    own: ChartPoint | None
    others: np.ndarray
    within: np.ndarray
    limit: float | None
    knee: int | None
    joined: bool


def study_chart(chart: ChartInput) -> str:
    """The chart; "" without a point."""
    front = chart.front[:: max(1, len(chart.front) // _SHOWN)]
    marked = [*front, *([chart.own] if chart.own else [])]
    xs = [*(one.across for one in marked), *chart.others[:, 0].tolist()]
    ys = [*(one.up for one in marked), *chart.others[:, 1].tolist()]
    if not xs:
        return ""
    logarithmic = min(xs) > 0 and max(xs) > 20 * min(xs)
    across, up = around(chart.across, xs, logarithmic=logarithmic), around(chart.up, ys)
    parts = _axes(across, up)
    if chart.limit is not None and across.holds(chart.limit):
        at = _x(across, chart.limit)
        parts += [line(at, _TOP, at, _BOTTOM, "limit"), text(at - 5, _TOP + 12, "limit", "tick end")]
    parts += _cloud(chart, across, up)
    if chart.joined and len(front) > 1:
        path = " ".join(
            f"{'L' if i else 'M'}{_x(across, one.across):.1f} {_y(up, one.up):.1f}"
            for i, one in enumerate(front)
        )
        parts.append(f'<path class="curve m-fixed" d="{path}"/>')
    for one in marked:
        parts += _point(one, across, up, chart)
    return svg(
        460, _HEIGHT, parts, f"{chart.up} against {chart.across}: {len(chart.front)} designs on the front"
    )


def _x(axis: Axis, value: float) -> float:
    return _LEFT + min(1.0, max(0.0, axis.place(value))) * (_RIGHT - _LEFT)


def _y(axis: Axis, value: float) -> float:
    return _BOTTOM - axis.place(value) * (_BOTTOM - _TOP)


def _axes(across: Axis, up: Axis) -> list[str]:
    parts: list[str] = []
    for tick in up.ticks():
        parts += [line(_LEFT, _y(up, tick), _RIGHT, _y(up, tick), "grid")]
        parts += [text(_LEFT - 8, _y(up, tick) + 4, up.shown(tick), "tick end")]
    for tick in across.ticks():
        at = _x(across, tick)
        parts += [line(at, _TOP, at, _BOTTOM, "grid"), text(at, _BOTTOM + 17, f"{tick:,.6g}", "tick mid")]
    parts.append(text(_RIGHT, _BOTTOM + 34, across.title, "tick end"))
    parts.append(text(_LEFT, _BOTTOM + 34, f"↑ {up.title}", "tick start"))
    return parts


def _cloud(chart: ChartInput, across: Axis, up: Axis) -> list[str]:
    """The other trials, one per square of three units that has some."""
    if not len(chart.others):
        return []
    places = np.array([[_x(across, a), _y(up, b)] for a, b in chart.others])
    size = 3.0
    while True:
        squares = np.round(places / size)
        _, first, counts = np.unique(squares, axis=0, return_index=True, return_counts=True)
        if len(first) <= _MOST:
            break
        size *= 1.5
    parts: list[str] = []
    for index, count in zip(first, counts, strict=True):
        a, b = places[index]
        more = f", {count} trials here" if count > 1 else ""
        style = "m-qat" if chart.within[index] else "m-float"
        begin = "" if chart.within[index] else "above a limit: "
        tip = f"{begin}{chart.others[index][1]:.4g}, {chart.others[index][0]:,.6g}{more}"
        parts.append(
            f'<circle class="point {style}" cx="{a:.1f}" cy="{b:.1f}" r="2" data-tip="{escape(tip)}"/>'
        )
    return parts


def _point(one: ChartPoint, across: Axis, up: Axis, chart: ChartInput) -> list[str]:
    a, b = _x(across, one.across), _y(up, one.up)
    parts: list[str] = []
    if one.high > one.low and len(chart.front) <= _WHISKERS:
        parts.append(line(_x(across, one.low), b, _x(across, one.high), b, "whisker m-fixed"))
    is_own = chart.own is not None and one is chart.own
    radius = 6 if one.number == chart.knee and not is_own else 4.5
    style = "k1" if is_own else "m-fixed"
    place = f'cx="{a:.1f}" cy="{b:.1f}" r="{radius:g}"'
    circle = f'<circle class="point {style}" {place} data-tip="{escape(one.tip)}"/>'
    words = escape(f"trial {one.number}")
    return [*parts, f'<a href="#trial-{one.number}" aria-label="{words}">{circle}</a>']
