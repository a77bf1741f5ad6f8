"""Charts of several runs: accuracy against what it costs.

Invariant: only runs of one data set come into one chart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from html import escape
from typing import TypeAlias

from edgeml.estimate import design_title
from edgeml.report.comparison.facts import RunRow
from edgeml.report.comparison.view import Tradeoff, TradeoffPoint, run_index
from edgeml.report.numbers import Number
from edgeml.report.sections.training.facts import CurveRow
from edgeml.report.svg import COLOURS, Scale, line, log_ticks, svg, text, ticks
from edgeml.report.words import duration, interval, number, percent, span

Place: TypeAlias = tuple[float, float]

_AROUND = ((0.75, -0.75), (-0.75, -0.75), (0.75, 0.75), (-0.75, 0.75), (0, -1), (0, 1), (1, 0), (-1, 0))
"""Directions from a mark in which its letter may stand, the best liked first."""


def tradeoff(item: Tradeoff) -> str:
    """Accuracy with its interval over a logarithmic cost; a line through what nothing else beats.

    Returns:
        The chart, or "" if there are no points.
    """
    points, kind, axis = item.points, item.criterion.kind, item.criterion.axis
    if not points:
        return ""
    low, high = _ends([point.x for point in points], math.log10, 0.06, 0.08)
    bottom_value, top_value = _ends([point.accuracy for point in points], float, 0.08, 0.01)
    top_value = min(top_value, 1.0)
    left, right, top, bottom = 50.0, 392.0, 14.0, 236.0

    def x(value: float) -> float:
        return left + (math.log10(value) - low) / (high - low) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - bottom_value) / (top_value - bottom_value) * (bottom - top)

    parts: list[str] = []
    for tick in ticks(bottom_value, top_value, 5):
        parts.append(line(left, y(tick), right, y(tick), "grid"))
        parts.append(text(left - 8, y(tick) + 4, f"{100 * tick:g} %", "tick end"))
    for tick in _few(log_ticks(low, high)):
        parts.append(line(x(tick), top, x(tick), bottom, "grid"))
        parts.append(text(x(tick), bottom + 18, duration(tick) if kind == "ns" else _short(tick), "tick mid"))
    parts.append(text(right, bottom + 36, f"{axis}, logarithmic", "tick end"))
    corners = [(x(float(p.x.value or 1)), y(float(p.accuracy.value or 0))) for p in item.front]
    steps = "".join(f"H{a:.1f}V{b:.1f}" for a, b in corners)
    parts.append(f'<path class="front" d="M{corners[0][0]:.1f} {bottom:.1f}{steps}H{right:.1f}"/>')
    places = [(x(float(p.x.value or 1)), y(float(p.accuracy.value or 0))) for p in points]
    parts.extend(_intervals(point, x, y) for point in points)
    for point, place, letter in zip(points, places, _letters(places, left, right, top, bottom), strict=True):
        parts.append(_mark(point, place, letter, kind))
    best = ", ".join(
        f"{p.key} {number(p.x, kind)} {percent(float(p.accuracy.value or 0))}" for p in item.front
    )
    every = "; ".join(f"{p.key} {p.name} {_design(p)}: {_in_words(p, kind)}" for p in points)
    return svg(404, bottom + 44, parts, f"Accuracy against {axis}; not beaten: {best}", every)


def _intervals(point: TradeoffPoint, x: Scale, y: Scale) -> str:
    a, b = x(float(point.x.value or 1)), y(float(point.accuracy.value or 0))
    parts: list[str] = []
    if point.accuracy.low is not None and point.accuracy.high is not None:
        parts.append(line(a, y(point.accuracy.low), a, y(point.accuracy.high), "thin"))
    if point.x.low and point.x.high:
        parts.append(line(x(point.x.low), b, x(point.x.high), b, "thin"))
    return f'<g class="k{run_index(point.key) % COLOURS}">{"".join(parts)}</g>'


def _mark(point: TradeoffPoint, place: Place, letter: Place, kind: str) -> str:
    a, b = place
    tip = f"{point.key} {point.name} {_design(point)}: {_in_words(point, kind)}"
    style = "dot hollow" if point.x.source == "estimate" else "dot"
    if point.design == "hls4ml":
        shape = f'<rect class="{style}" x="{a - 5:.1f}" y="{b - 5:.1f}" width="10" height="10" rx="1"/>'
    else:
        shape = f'<circle class="{style}" cx="{a:.1f}" cy="{b:.1f}" r="5.5"/>'
    mark = text(letter[0], letter[1] + 4, point.key, "letter dark mid")
    return f'<g class="k{run_index(point.key) % COLOURS}" data-tip="{escape(tip)}">{shape}{mark}</g>'


def _letters(places: Sequence[Place], left: float, right: float, top: float, bottom: float) -> list[Place]:
    """The place of each mark's letter: beside it, as far as can be from all marks and other letters."""
    letters: list[Place] = []
    for at in places:
        around = [(at[0] + 14 * dx, at[1] + 14 * dy) for dx, dy in _AROUND]
        inside = [(a, b) for a, b in around if left < a < right and top < b < bottom] or around
        others = [place for place in places if place != at] + letters
        room = partial(_room, others)
        letters.append(max(inside, key=room))
    return letters


def _room(others: Sequence[Place], place: Place) -> float:
    return min((math.dist(place, other) for other in others), default=99.0)


def _ends(numbers: Sequence[Number], scale: Scale, margin: float, least: float) -> tuple[float, float]:
    """Ends of an axis on which all numbers and their intervals are."""
    values = [end for n in numbers for end in (n.low, n.value, n.high) if end is not None]
    scaled = [scale(value) for value in values if scale is float or value > 0]
    low, high = min(scaled), max(scaled)
    room = max((high - low) * margin, least)
    return low - room, high + room


def _in_words(point: TradeoffPoint, kind: str) -> str:
    between = f", between {span(point.x, kind)}" if point.x.low is not None else ""
    share = f"{percent(float(point.accuracy.value or 0))} ({interval(point.accuracy)})"
    return f"{number(point.x, kind)}{between} ({point.x.source}), {share}"


def _design(point: TradeoffPoint) -> str:
    return f"({design_title(point.design)})" if point.design else ""


def _few(values: list[float]) -> list[float]:
    """Powers of ten alone where there would be many labels, and there are enough of those."""
    whole = [tick for tick in values if math.log10(tick) == round(math.log10(tick))]
    return whole if len(values) > 5 and len(whole) > 1 else values


def _short(value: float) -> str:
    """A round number, short.

    >>> _short(20000), _short(500), _short(1e6)
    ('20k', '500', '1M')
    """
    for unit, scale in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{value / scale:g}{unit}"
    return f"{value:g}"


def overlaid(runs: Sequence[RunRow], metric: str, title: str) -> str:
    """The epochs of several trainings in one chart, each in its run's colour with its letter at the end.

    Args:
        runs: in the order they were given.
        metric: a field of an epoch, "val_loss".
        title: the name of the metric.

    Returns:
        The chart, or "" if no run has that figure.
    """
    lines = [(run, _values(run, metric)) for run in runs]
    lines = [(run, values) for run, values in lines if values]
    if not lines:
        return ""
    every = [value for _, values in lines for _, value in values]
    low, high = min(every), max(every)
    if low == high:  # a line in the middle, not along the axis
        low, high = low - 0.01 * (abs(low) or 1.0), high + 0.01 * (abs(high) or 1.0)
    scale, unit = (100.0, " %") if metric.endswith("accuracy") else (1.0, "")
    last = max(epoch for _, values in lines for epoch, _ in values)
    left, right, top, bottom = 56.0, 372.0, 14.0, 214.0

    def x(epoch: float) -> float:
        return left + (epoch - 1) / max(last - 1, 1) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    def shown(value: float) -> str:
        return f"{scale * value:.4g}{unit}"

    parts: list[str] = []
    for tick in ticks(low, high, 4):
        parts.append(line(left, y(tick), right, y(tick), "grid"))
        parts.append(text(left - 8, y(tick) + 4, shown(tick), "tick end"))
    for run, values in lines:
        points = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in values)
        epoch, value = values[-1]
        tip = f"{run.key} {run.label}: {shown(value)} in epoch {epoch}"
        parts.append(f'<g class="k{run_index(run.key) % COLOURS}" data-tip="{escape(tip)}">')
        if len(values) == 1:
            parts.append(f'<circle class="overlaid" cx="{x(epoch):.1f}" cy="{y(value):.1f}" r="2.5"/>')
        parts.append(f'<polyline class="overlaid" points="{points}"/>')
        parts.append(f"{text(x(epoch) + 5, y(value) + 4, run.key, 'letter dark start')}</g>")
    parts.append(text(right, bottom + 20, f"epoch, up to {last}", "tick end"))
    ends = "; ".join(f"{run.key} {run.label} ends at {shown(values[-1][1])}" for run, values in lines)
    return svg(404, bottom + 28, parts, f"{title} by epoch: {ends}")


def _values(run: RunRow, metric: str) -> list[tuple[int, float]]:
    """The epochs that have the figure, and the figure."""
    stated = ((row.epoch, getattr(row, metric)) for row in run.part(CurveRow).curve)
    return [(epoch, value) for epoch, value in stated if value is not None]
