"""Accuracies of the models beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from edgeml.report.numbers import Number
from edgeml.report.sections.accuracy.view import ModelAccuracy
from edgeml.report.svg import line, svg, text, ticks
from edgeml.report.words import interval, percent


def accuracy_chart(models: Sequence[ModelAccuracy]) -> str:
    """Accuracy of the models as points with their 95 % intervals, on an axis that starts where they do."""
    measured = [model.accuracy for model in models if model.accuracy.value is not None]
    if not measured:
        return ""
    low = min(_low(number) for number in measured)
    high = max(_high(number) for number in measured)
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


def _low(number: Number) -> float:
    return float(number.low if number.low is not None else number.value or 0.0)


def _high(number: Number) -> float:
    return float(number.high if number.high is not None else number.value or 0.0)


def _clear(x: float, left: float, right: float) -> float:
    """The x coordinate nearest to a mark at which a centred label stays inside the chart."""
    return min(max(x, left + 24), right - 20)
