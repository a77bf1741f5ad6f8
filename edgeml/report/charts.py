"""Charts as inline SVG: no script, no network, sharp in print, coloured by the page's own theme.

Invariant: a chart is a pure function of facts to a string; every text in it is escaped; it has a role and a
label that says in words what it shows. Colours are classes, so that light, dark and print are the style
sheet's affair.

To add a chart: a function that collects parts and returns `svg(...)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from edgeml.report.facts import Epoch, Histogram, Layer
from edgeml.report.numbers import Number
from edgeml.report.svg import line, log_ticks, svg, text, ticks
from edgeml.report.ways import Model
from edgeml.report.words import exact, interval, percent


def accuracy(models: Sequence[Model]) -> str:
    """Accuracy of the models as points with their 95 % intervals, on an axis that starts where they do."""
    known = [model.accuracy for model in models if model.accuracy.value is not None]
    if not known:
        return ""
    low = min(_low(number) for number in known)
    high = max(_high(number) for number in known)
    margin = max(0.002, (high - low) * 0.08)
    low, high = max(0.0, low - margin), min(1.0, high + margin)
    left, right, top, pitch = 124.0, 438.0, 14.0, 34.0
    bottom = top + pitch * len(models)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    parts: list[str] = []
    for tick in ticks(low, high, 5):
        parts.append(line(x(tick), top - 6, x(tick), bottom, "grid"))
        parts.append(text(x(tick), bottom + 16, f"{100 * tick:g} %", "tick mid"))
    for row, model in enumerate(models):
        name, number = model.name, model.accuracy
        y = top + pitch * (row + 0.5)
        parts.append(text(left - 12, y + 4, name, "label end"))
        if number.value is None:
            parts.append(text(left + 6, y + 4, "not available", "tick"))
            continue
        tip = f"{name}: {percent(number.value)}, 95 % interval {interval(number)}"
        parts.append(f'<g class="{model.style}" data-tip="{escape(tip)}">')
        parts.append(line(x(_low(number)), y, x(_high(number)), y, "whisker"))
        parts.append(f'<circle class="dot" cx="{x(number.value):.1f}" cy="{y:.1f}" r="6"/></g>')
        parts.append(text(_clear(x(number.value), left, right), y - 9, percent(number.value), "value mid"))
    shown = (f"{m.name} {percent(m.accuracy.value)}" for m in models if m.accuracy.value is not None)
    return svg(460, bottom + 24, parts, f"Accuracy with 95 % intervals: {', '.join(shown)}")


def curves(history: Sequence[Epoch], metric: str, title: str) -> str:
    """A metric over the epochs: a colour per phase, training dashed, validation solid.

    Args:
        history: rows in order.
        metric: "loss" (logarithmic axis) or "accuracy".
        title: for the label.

    Returns:
        The chart, or "" if no row has the metric.
    """
    lines: list[tuple[str, str, list[tuple[float, float]]]] = []
    for phase in dict.fromkeys(row.phase for row in history):
        for prefix in ("", "val_"):
            points = [
                (float(row.epoch), float(value))
                for row in history
                if row.phase == phase and (value := getattr(row, prefix + metric)) is not None
            ]
            if points:
                lines.append((phase, "validation" if prefix else "training", points))
    if not lines:
        return ""
    every = [value for *_, points in lines for _, value in points]
    logarithmic = metric == "loss" and min(every) > 0
    scale: Callable[[float], float] = math.log10 if logarithmic else float
    low, high = scale(min(every)), scale(max(every))
    margin = (high - low) * 0.06 or 0.01
    low, high = low - margin, high + margin
    if metric == "accuracy":
        high = min(high, 1.0)
    epochs = [epoch for *_, points in lines for epoch, _ in points]
    first, last = min(epochs), max(epochs)
    left, right, top, bottom = 52.0, 448.0, 12.0, 216.0

    def x(epoch: float) -> float:
        return left + (epoch - first) / ((last - first) or 1.0) * (right - left)

    def y(value: float) -> float:
        return bottom - (scale(value) - low) / (high - low) * (bottom - top)

    parts: list[str] = []
    for tick in log_ticks(low, high) if logarithmic else ticks(low, high, 5):
        parts.append(line(left, y(tick), right, y(tick), "grid"))
        label = f"{100 * tick:g} %" if metric == "accuracy" else f"{tick:g}"
        parts.append(text(left - 8, y(tick) + 4, label, "tick end"))
    whole = (tick for tick in ticks(first, last, 6) if tick == int(tick))
    parts.extend(text(x(tick), bottom + 18, f"{int(tick)}", "tick mid") for tick in whole)
    parts.append(text(right, bottom + 34, "epoch", "tick end"))
    names = list(dict.fromkeys(phase for phase, *_ in lines))
    named: dict[str, tuple[float, float]] = {}
    for phase, kind, points in lines:
        named[phase] = (x(points[-1][0]), y(points[-1][1]))  # the validation's end, if there is one
        path = " ".join(f"{'L' if i else 'M'}{x(a):.1f} {y(b):.1f}" for i, (a, b) in enumerate(points))
        style = f"curve p{names.index(phase) % 4} {kind}"
        parts.append(f'<path class="{style}" d="{path}"/>')
        for epoch, value in points:
            said = percent(value) if metric == "accuracy" else f"{value:.4g}"
            tip = escape(f"{phase}, {kind}, epoch {epoch:g}: {said}")
            at = f'cx="{x(epoch):.1f}" cy="{y(value):.1f}"'
            shown = "dot" if len(points) == 1 else "hit"  # a line of one point cannot be seen
            parts.append(f'<circle class="{shown} {style}" {at} r="4" data-tip="{tip}"/>')
    parts.extend(_names(named, names))
    ends = (f"{phase} {kind} ends at {points[-1][1]:.4g}" for phase, kind, points in lines)
    return svg(460, bottom + 42, parts, f"{title} by epoch: {', '.join(ends)}")


def _names(ends: Mapping[str, tuple[float, float]], phases: Sequence[str]) -> list[str]:
    """The name of each phase at the end of its line, above it or where no other name is."""
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    for phase, (a, b) in ends.items():
        free = (
            b + way
            for way in (-9, 18, -24, 33)
            if all(abs(b + way - v) > 12 for u, v in taken if abs(u - a) < 70)
        )
        taken.append((a, next(free, b - 9)))
        style = f"label named p{phases.index(phase) % 4} end"
        parts.append(text(taken[-1][0], taken[-1][1], phase, style))
    return parts


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


def range_bar(layer: Layer) -> str:
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


def _low(number: Number) -> float:
    return float(number.low if number.low is not None else number.value or 0.0)


def _high(number: Number) -> float:
    return float(number.high if number.high is not None else number.value or 0.0)


def _clear(x: float, left: float, right: float) -> float:
    """Where a centred label does not leave the chart."""
    return min(max(x, left + 24), right - 20)
