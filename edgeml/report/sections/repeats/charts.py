"""The members of each model as dots, with mean and interval."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edgeml.report.sections.repeats.facts import RepeatFacts
from edgeml.report.svg import line, svg, text, ticks
from edgeml.training.repeats import MODELS

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_NAMES = {"float": "float32", "qat": "QAT", "fixed": "fixed-point"}


def members_chart(facts: Facts) -> str:
    """The first figure of every member by model, its mean and 95 % interval as lines; "" if there is none."""
    own = facts.part(RepeatFacts)
    if not own.fold_rows or not own.fold_figures:
        return ""
    figure = own.fold_figures[0]
    spreads = {
        item.model: item.spread for item in own.fold_spread if item.figure == figure.name and not item.minus
    }
    values = {
        model: [
            (row, row.values[model][figure.name]) for row in own.fold_rows if figure.name in row.values[model]
        ]
        for model in MODELS
        if model in spreads
    }
    every = [value for points in values.values() for _, value in points]
    ends = [end for item in spreads.values() for end in (item.low, item.high) if end is not None]
    low, high = min([*every, *ends]), max([*every, *ends])
    if figure.kind == "share":
        low, high = max(low, 0.0), min(high, 1.0)
    margin = (high - low) * 0.06 or 0.01
    low, high = low - margin, high + margin
    left, right, top, pitch = 104.0, 438.0, 14.0, 44.0
    bottom = top + pitch * len(values)

    def x(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * (right - left)

    parts: list[str] = []
    for tick in ticks(low, high, 5):
        shown = f"{100 * tick:g} %" if figure.kind == "share" else f"{tick:.4g}"
        parts += [
            line(x(tick), top - 6, x(tick), bottom, "grid"),
            text(x(tick), bottom + 16, shown, "tick mid"),
        ]
    for place, (model, points) in enumerate(values.items()):
        y, item = top + pitch * (place + 0.5), spreads[model]
        parts.append(text(left - 12, y + 4, _NAMES[model], "label end"))
        parts.append(f'<g class="m-{model}">')
        if item.low is not None and item.high is not None:
            parts.append(line(x(item.low), y + 12, x(item.high), y + 12, "whisker"))
        parts.append(line(x(item.mean), y - 9, x(item.mean), y + 16, "whisker"))
        for row, value in points:
            at = f"fold {row.fold}, seed {row.seed}" if row.fold else f"seed {row.seed}"
            shown = f"{100 * value:.2f} %" if figure.kind == "share" else f"{value:.4g}"
            parts.append(
                f'<circle class="dot" cx="{x(value):.1f}" cy="{y:.1f}" r="4" opacity=".7" '
                f'data-tip="{escape(f"{_NAMES[model]}, {at}: {shown}")}"/>'
            )
        parts.append("</g>")
    means = ", ".join(f"{_NAMES[model]} {item.mean:.4g}" for model, item in spreads.items())
    return svg(460, bottom + 24, parts, f"{figure.title} of {len(own.fold_rows)} members; means: {means}")
