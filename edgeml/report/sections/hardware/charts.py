"""Charts of one design on one board: resources by layer, the pipeline over time, the critical path.

Invariant: what a source does not tell is not drawn, an estimate is drawn with its
interval.
"""

from __future__ import annotations

import math
from html import escape

from edgeml.figures import KINDS, Figure, Hardware, nanoseconds
from edgeml.report.sections.hardware.design import OUTSIDE, DesignOnBoard
from edgeml.report.sections.hardware.facts import KIND_NAMES
from edgeml.report.svg import (
    WIDE,
    Scale,
    chart_style,
    gutter,
    line,
    log_ticks,
    rect,
    shortened,
    svg,
    text,
    ticks,
)
from edgeml.report.words import amount
from edgeml.report.words import share as percentage

_READABLE = 16.0
"""Width from which a segment has its layer's number in it, which the legend has as well."""


def resources(width: float, design: DesignOnBoard) -> str:
    """Resources by layer as stacked bars against the board's capacity.

    Args:
        width: of the chart.
        design: with its board.

    Returns:
        The chart, or "" if no kind's share of the board is known.
    """
    item, board = design.item, design.board
    figures = item.total.present()
    part = {kind: share for kind in design.kinds if (share := design.resources[kind].share) is not None}
    if board is None or not part:
        return ""
    around = design.item.whole.present() if design.item.whole is not None else {}
    left, right = (90.0, width - 200) if width >= WIDE else (60.0, width - 128)
    pitch, height = 60.0 if around else 42.0, 20.0
    every = [(kind, figure) for kind in part for figure in (figures[kind], around.get(kind)) if figure]
    most = max((figure.high or figure.value) / board.capacity[kind] for kind, figure in every)
    # Small designs get a finer axis, which says so; from a third on the whole board is shown.
    end = max(1.0, most * 1.02) if most > 0.33 else _round_up(max(most * 1.05, 1e-4))
    top = 30.0 if end >= 1 else 12.0
    bottom = top + pitch * len(part)

    def x(value: float) -> float:
        return left + value / end * (right - left)

    parts: list[str] = []
    if end > 1:
        parts.append(rect(x(1), top - 8, right - x(1), bottom - top + 8, "outside"))
    for tick in ticks(0, end, 5 if width >= WIDE else 2):
        parts.append(line(x(tick), top - 8, x(tick), bottom, "grid"))
        parts.append(text(x(tick), bottom + 16, f"{100 * tick:g} %", "tick mid"))
    if end >= 1:
        parts.append(line(x(1), top - 12, x(1), bottom, "limit"))
        parts.append(text(x(1), top - 16, "whole board", "tick mid"))
    for row, kind in enumerate(part):
        total, have = figures[kind], board.capacity[kind]
        y = top + pitch * row
        parts.append(text(left - 12, y + 15, KIND_NAMES[kind], "label end"))
        parts.extend(_stack(design, kind, have, y, height, x))
        tip = f"{KIND_NAMES[kind]}: {amount(total.value)} of {amount(have)}"
        if total.low is not None and total.high is not None:
            tip += f", between {amount(total.low)} and {amount(total.high)}"
            parts.append(f'<g data-tip="{escape(tip)}">{_whisker(total, have, y, height, x, end)}</g>')
        parts.extend(_numbers(design, kind, have, y + 14, x))
        if whole := around.get(kind):
            parts.append(_whole(whole, kind, have, y + height + 4, x, end))
            if whole.value != total.value:
                packed = f"packed {amount(whole.value)}, {percentage(whole.value / have)}"
                parts.append(text(width, y + 40, packed, "tick end"))
        parts.append(text(width, y + 9, f"{amount(total.value)} of {amount(have)}", "value end"))
        parts.append(text(width, y + 24, percentage(part[kind]), "tick end"))
    shares = ", ".join(f"{KIND_NAMES[kind]} {percentage(part[kind])}" for kind in part)
    if around:
        packed_shares = (
            f"{KIND_NAMES[k]} {percentage(f.value / board.capacity[k])}"
            for k, f in around.items()
            if k in part
        )
        shares += f"; with all around it {', '.join(packed_shares)}"
    label = f"Resources of {design.name} on {board.title} by layer ({item.source}): {shares} of the board"
    return svg(width, bottom + 26, parts, label, _by_layer(item), chart_style(width))


def _whisker(item: Figure, have: int, y: float, height: float, x: Scale, end: float) -> str:
    """The interval of a figure across its bar."""
    low, high = item.low or 0.0, item.high if item.high is not None else item.value
    a, b, middle = x(low / have), x(min(high / have, end)), y + height / 2
    ends = (line(at, y + 0.2 * height, at, y + 0.8 * height, "bound") for at in (a, b))
    return line(a, middle, b, middle, "bound") + "".join(ends)


def _whole(item: Figure, kind: str, have: int, y: float, x: Scale, end: float) -> str:
    """The whole board after packing, below what the network takes of it."""
    tip = f"whole board after packing: {item.text(amount)} of {amount(have)} {KIND_NAMES[kind]}"
    width = x(min(item.value / have, end)) - x(0)
    bar = rect(x(0), y, width, 10.0, "wholebar")
    has_interval = item.low is not None and item.low != item.high
    whisker = _whisker(item, have, y, 10.0, x, end) if has_interval else ""
    return f'<g data-tip="{escape(tip)}">{bar}{whisker}</g>'


def _stack(design: DesignOnBoard, kind: str, have: int, y: float, height: float, x: Scale) -> list[str]:
    """The layers of one kind side by side, and what belongs to none of them."""
    colours, parts, at = dict(design.layer_keys), list[str](), 0.0
    for part in design.item.layers:
        own = part.usage.present().get(kind)
        if own is None or not own.value:
            continue
        tip = f"{part.layer}: {own.text(amount)} {KIND_NAMES[kind]}"
        width = x((at + own.value) / have) - x(at / have)
        parts.append(rect(x(at / have), y, width, height, f"seg {colours[part.layer]}", tip))
        at += own.value
    rest = design.outside(kind)
    if rest > 0:
        name, style = design.layer_keys[-1]
        width = x((at + rest) / have) - x(at / have)
        tip = f"{name}: {amount(rest)} {KIND_NAMES[kind]}"
        parts.append(rect(x(at / have), y, width, height, f"seg {style}", tip))
    return parts


def _numbers(design: DesignOnBoard, kind: str, have: int, y: float, x: Scale) -> list[str]:
    """The number of each layer, as in the legend, where its segment is wide enough."""
    order, parts, at = list(dict(design.layer_keys)), list[str](), 0.0
    for part in design.item.layers:
        own = part.usage.present().get(kind)
        if own is None or not own.value:
            continue
        a, b = x(at / have), x((at + own.value) / have)
        if b - a > _READABLE:
            parts.append(text((a + b) / 2, y, str(order.index(part.layer) + 1), "number mid"))
        at += own.value
    return parts


def timeline(width: float, design: DesignOnBoard, mhz: float | None) -> str:
    """A bar per layer, from begin to end of its work on a sample, in cycles from the sample's first word.

    Args:
        width: of the chart.
        design: with the layers' starts.
        mhz: the clock for an axis in nanoseconds; None for no such axis.

    Returns:
        The chart, or "" if no layer's start and latency are known.
    """
    item = design.item
    rows = [part for part in item.layers if part.start is not None and part.cycles is not None]
    if not rows:
        return ""
    ends = [part.start.value + part.cycles.value for part in rows if part.start and part.cycles]
    end = max([*ends, item.cycles.value if item.cycles else 0.0, 1.0])
    narrow = width < WIDE
    names = [shortened(part.layer, 16 if narrow else 30) for part in rows]
    left, right, top, pitch = gutter(names), width - (78 if narrow else 84), 30.0, 26.0
    bottom = top + pitch * len(rows)

    def x(cycle: float) -> float:
        return left + cycle / end * (right - left)

    parts: list[str] = []
    for tick in (t for t in ticks(0, end, 3 if narrow else 8) if t == int(t)):
        parts.append(line(x(tick), top - 6, x(tick), bottom, "grid"))
        parts.append(text(x(tick), bottom + 16, f"{int(tick)}", "tick mid"))
        if mhz is not None:
            parts.append(text(x(tick), top - 12, amount(nanoseconds(tick, mhz)), "tick mid"))
    parts.append(text(0, bottom + 16, "cycles", "tick start"))
    if mhz is not None:
        parts.append(text(0, top - 12, f"ns at {amount(mhz)} MHz", "tick start"))
    for row, part in enumerate(rows):
        assert part.start is not None and part.cycles is not None
        begin, length, y = part.start.value, part.cycles.value, top + pitch * row
        length_text = part.cycles.text(amount)
        unit = "cycle" if length == 1 else "cycles"
        tip = f"{part.layer}: starts at cycle {amount(begin)}, takes {length_text} {unit}"
        if part.ii is not None and part.ii.value > 1:
            tip += f", takes a sample every {part.ii.text(amount)} cycles"
        if part.reuse is not None:
            tip += f", reuse factor {part.reuse}"
        parts.append(text(left - 10, y + 17, names[row], "label end"))
        parts.append(rect(x(begin), y + 4, max(x(begin + length) - x(begin), 2.5), pitch - 9, "step", tip))
        after = x(begin + length)
        if (
            part.cycles.low is not None
            and part.cycles.high is not None
            and part.cycles.low != part.cycles.high
        ):
            after = x(min(begin + part.cycles.high, end))
            parts.append(
                line(x(begin + part.cycles.low), y + pitch / 2 - 0.5, after, y + pitch / 2 - 0.5, "bound")
            )
        parts.append(text(after + 6, y + 17, length_text, "tick start"))
    if item.ii is not None and 0 < item.ii.value < end:
        parts.append(line(x(item.ii.value), top - 6, x(item.ii.value), bottom, "next"))
    steps = "; ".join(
        f"{p.layer} from {amount(p.start.value)} for {amount(p.cycles.value)}"
        for p in rows
        if p.start and p.cycles
    )
    label = f"Timeline of {design.name}: {amount(end)} cycles over {len(rows)} layers ({item.source})"
    return svg(width, bottom + 26, parts, label, steps, chart_style(width))


def critical_path(width: float, design: DesignOnBoard) -> str:
    """The delays along the slowest path, against the clock period; "" if no path is known."""
    item = design.item
    hops = [hop for hop in item.critical_path if hop.ns > 0]
    if not hops:
        return ""
    total = sum(hop.ns for hop in hops)
    period = nanoseconds(1, item.clock_mhz) if item.clock_mhz else None
    end = max(total, period or 0.0) * 1.04
    left, right, top, height = 18.0, width - 8, 26.0, 30.0
    names, colours = list(dict.fromkeys(hop.layer for hop in hops)), dict(design.layer_keys)

    def x(ns: float) -> float:
        return left + ns / end * (right - left)

    parts: list[str] = []
    for tick in ticks(0, end, 8 if width >= WIDE else 3):
        parts.append(line(x(tick), top - 4, x(tick), top + height + 6, "grid"))
        parts.append(text(x(tick), top + height + 20, f"{tick:g} ns", "tick mid"))
    at = 0.0
    for hop in hops:
        name = hop.layer or OUTSIDE
        style = f"seg {colours.get(hop.layer, 'rest')}"
        what = f" ({hop.what})" if hop.what else ""
        length = x(at + hop.ns) - x(at)
        parts.append(rect(x(at), top, length, height, style, f"{name}: {hop.ns:.3g} ns{what}"))
        if length > 8 + 7 * len(name):
            parts.append(text(x(at) + length / 2, top + 19, name, "number mid"))
        elif hop.layer in colours and length > _READABLE:
            number = list(colours).index(hop.layer) + 1  # as in the legend of the resources
            parts.append(text(x(at) + length / 2, top + 19, str(number), "number mid"))
        at += hop.ns
    if period is not None:
        parts.append(line(x(period), top - 8, x(period), top + height + 6, "limit"))
        side = "end" if x(period) > width / 2 else "start"
        parts.append(text(x(period), top - 12, f"clock period {period:.3g} ns", f"tick {side}"))
    stretches = ", ".join(
        f"{name or OUTSIDE} {sum(h.ns for h in hops if h.layer == name):.3g} ns" for name in names
    )
    label = f"Critical path, {total:.3g} ns: {stretches} ({item.source})"
    return svg(width, top + height + 26, parts, label, "", chart_style(width))


def _by_layer(item: Hardware) -> str:
    """The layers in words, for screen readers."""
    words: list[str] = []
    for part in item.layers:
        figures = part.usage.present()
        if figures:
            counts = ", ".join(
                f"{amount(figures[kind].value)} {KIND_NAMES[kind]}" for kind in KINDS if kind in figures
            )
            words.append(f"{part.layer}: {counts}")
    return "; ".join(words)


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    return next(tick for tick in log_ticks(math.log10(value) - 0.001, math.log10(value) + 1) if tick >= value)
