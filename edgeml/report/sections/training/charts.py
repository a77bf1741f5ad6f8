"""Loss and accuracy over the epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from edgeml.report.sections.training.facts import Epoch
from edgeml.report.sections.training.view import best_epoch
from edgeml.report.svg import line, log_ticks, svg, text, ticks
from edgeml.report.words import percent


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
        best = best_epoch([row for row in history if row.phase == phase])
        for epoch, value in points:
            if epoch == best and kind == "validation":
                ring = f"dot hollow p{names.index(phase) % 4}"
                parts.append(f'<circle class="{ring}" cx="{x(epoch):.1f}" cy="{y(value):.1f}" r="6"/>')
            shown = percent(value) if metric == "accuracy" else f"{value:.4g}"
            tip = escape(f"{phase}, {kind}, epoch {epoch:g}: {shown}")
            at = f'cx="{x(epoch):.1f}" cy="{y(value):.1f}"'
            shown = "dot" if len(points) == 1 else "hit"  # a line of one point cannot be seen
            parts.append(f'<circle class="{shown} {style}" {at} r="4" data-tip="{tip}"/>')
    parts.extend(_names(named, names))
    ends = (f"{phase} {kind} ends at {points[-1][1]:.4g}" for phase, kind, points in lines)
    return svg(460, bottom + 42, parts, f"{title} by epoch: {', '.join(ends)}")


def _names(ends: Mapping[str, tuple[float, float]], phases: Sequence[str]) -> list[str]:
    """The name of each phase at the end of its line, above it or where no other name is."""
    parts: list[str] = []
    occupied: list[tuple[float, float]] = []
    for phase, (a, b) in ends.items():
        free = (
            b + way
            for way in (-9, 18, -24, 33)
            if all(abs(b + way - v) > 12 for u, v in occupied if abs(u - a) < 70)
        )
        occupied.append((a, next(free, b - 9)))
        style = f"label named p{phases.index(phase) % 4} end"
        parts.append(text(occupied[-1][0], occupied[-1][1], phase, style))
    return parts
