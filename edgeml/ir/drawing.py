"""A graph as a picture: plain SVG, a box per layer from top to bottom, for notebooks and pages.

A box says the layer's name, its ops, the shape and type of what it gives and how many constants it holds. An
edge to the next row is drawn straight, a longer one (a skip connection) in a lane on the right.

Invariant: the picture depends on the graph alone, refers to nothing outside itself, runs nothing, and every
text of the graph in it is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgeml.fixed import FixedTypeArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.ops.const import Const

if TYPE_CHECKING:
    from edgeml.ir.graph import Graph

MOST_LAYERS = 200
"""Beyond it, layers in the middle are folded into one box."""

_ROW, _GAP, _PAD, _LINE, _LANE = 82, 34, 24, 17, 14
_CHARACTER = 7.3  # pixels of the widest letters at 12 px, in the mean
_MOST_CHARACTERS = 46

_COLOURS: Mapping[str, str] = {
    "input": "#d9f0d3",
    "linear": "#d6e6f5",
    "window": "#e5dcf2",
    "decide": "#fde8c8",
    "move": "#ececec",
}
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("input",), "input"),
    **dict.fromkeys(("mat_mul", "conv", "mul", "add"), "linear"),
    **dict.fromkeys(("max_pool", "sum_pool"), "window"),
    **dict.fromkeys(("cast", "relu", "lookup", "max", "min", "softmax", "arg_max"), "decide"),
}


@dataclass
class _Box:
    """One layer on its way to the picture."""

    name: str
    ops: list[str] = field(default_factory=list[str])
    constants: int = 0
    info: ValueInfo | None = None
    sources: dict[str, None] = field(default_factory=dict[str, None])
    row: int = 0
    x: float = 0.0
    output: bool = False

    @property
    def lines(self) -> tuple[str, str, str]:
        """Ops, what it gives, and what it holds."""
        names = list(dict.fromkeys(self.ops))
        ops = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        gives = "" if self.info is None else f"{_shape(self.info)} {_type(self.info)}"
        return ops, gives, f"{self.constants:,} constants" if self.constants else ""

    @property
    def width(self) -> float:
        """As wide as its longest line."""
        longest = max(len(_short(line)) for line in (self.name, *self.lines))
        return max(150.0, longest * _CHARACTER + 2 * 12)

    @property
    def y(self) -> float:
        """Of its upper edge."""
        return _PAD + self.row * (_ROW + _GAP)


def to_svg(graph: Graph) -> str:
    """The picture.

    Returns:
        An SVG element with a title, of fixed size in pixels.
    """
    boxes = _folded(_boxes(graph))
    rows = _place(boxes)
    right = max(sum(box.width for box in row) + (len(row) - 1) * _GAP for row in rows) + 2 * _PAD
    for row in rows:
        x = (right - sum(box.width for box in row) - (len(row) - 1) * _GAP) / 2
        for box in row:
            box.x, x = x, x + box.width + _GAP
    edges, lanes = _edges(boxes, right)
    width, height = right + lanes * _LANE, 2 * _PAD + len(rows) * (_ROW + _GAP) - _GAP
    inner = "".join([*edges, *(_drawn(box) for box in boxes.values())])
    marker = (
        '<defs><marker id="edgeml-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'font-family="ui-sans-serif,Helvetica,Arial,sans-serif" font-size="12">'
        f"<title>{html.escape(graph.name)}</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{marker}{inner}</svg>'
    )


def to_html(graph: Graph) -> str:
    """The HTML that Jupyter shows: the summary with its notes, and the picture in a frame that scrolls."""
    summary = html.escape(repr(graph), quote=False)
    return (
        f'<div><pre style="white-space:pre-wrap">{summary}</pre>'
        f'<div style="max-height:640px;overflow:auto">{to_svg(graph)}</div></div>'
    )


def _boxes(graph: Graph) -> dict[str, _Box]:
    """A box per layer, in the graph's order; constants count where they are read."""
    boxes: dict[str, _Box] = {}
    for node in graph.nodes:
        if isinstance(node.op, Const):
            continue
        box = boxes.setdefault(node.layer, _Box(node.layer))
        box.ops.append(node.op.op_name())
        box.info = graph.info(node.name)
        box.output = box.output or node.name in graph.outputs
        for name in node.inputs:
            source = graph.node(name)
            if isinstance(source.op, Const):
                box.constants += graph.info(name).size
            elif source.layer != node.layer:
                box.sources[source.layer] = None
    return boxes


def _folded(boxes: dict[str, _Box]) -> dict[str, _Box]:
    """At most `MOST_LAYERS` boxes: those in the middle become one."""
    if len(boxes) <= MOST_LAYERS:
        return boxes
    names = list(boxes)
    middle = set(names[MOST_LAYERS // 2 : len(names) - MOST_LAYERS // 2])
    fold = _Box(f"{len(middle)} layers")
    merged: dict[str, _Box] = {}
    for name, box in boxes.items():
        target = fold if name in middle else box
        if name in middle:
            fold.ops += box.ops
            fold.constants += box.constants
            fold.info = box.info
            fold.output = fold.output or box.output
            fold.sources |= box.sources
        merged[target.name] = target
    for box in merged.values():
        box.sources = {
            (fold.name if name in middle else name): None
            for name in box.sources
            if not (box is fold and name in middle)
        }
    return merged


def _place(boxes: dict[str, _Box]) -> list[list[_Box]]:
    """Rows: every box below all that it reads and that stand before it."""
    rows: list[list[_Box]] = []
    columns: dict[str, int] = {}
    for box in boxes.values():
        box.row = max((columns[name] + 1 for name in box.sources if name in columns), default=0)
        columns[box.name] = box.row
        while len(rows) <= box.row:
            rows.append([])
        rows[box.row].append(box)
    return rows


def _edges(boxes: Mapping[str, _Box], right: float) -> tuple[list[str], int]:
    """Paths, and how many lanes those on the right take: a lane is used again below where it ends."""
    paths: list[str] = []
    ends: list[int] = []
    for box in boxes.values():
        for name in box.sources:
            source = boxes[name]
            if box.row - source.row == 1:
                x1, x2 = (f"{at.x + at.width / 2:.0f}" for at in (source, box))
                y1, half, y2 = (f"{y:.0f}" for y in (source.y + _ROW, box.y - _GAP / 2, box.y))
                paths.append(_path(f"M{x1} {y1}C{x1} {half} {x2} {half} {x2} {y2}"))
                continue
            lane = next((i for i, row in enumerate(ends) if row <= source.row), len(ends))
            ends[lane : lane + 1] = [box.row]
            paths.append(_path(_lane(source, box, right + lane * _LANE)))
    return paths, len(ends)


def _lane(source: _Box, box: _Box, x: float) -> str:
    """Out of one box to the right, down, and into the other from the right, with round corners."""
    top, bottom = source.y + _ROW / 2, box.y + _ROW / 2
    return (
        f"M{source.x + source.width:.0f} {top:.0f}H{x - 6:.0f}Q{x:.0f} {top:.0f} {x:.0f} {top + 6:.0f}"
        f"V{bottom - 6:.0f}Q{x:.0f} {bottom:.0f} {x - 6:.0f} {bottom:.0f}H{box.x + box.width:.0f}"
    )


def _path(steps: str) -> str:
    return f'<path d="{steps}" fill="none" stroke="#667" stroke-width="1.3" marker-end="url(#edgeml-tip)"/>'


def _drawn(box: _Box) -> str:
    kinds = [_KINDS.get(op, "move") for op in box.ops]
    colour = next((_COLOURS[kind] for kind in _COLOURS if kind in kinds), _COLOURS["move"])
    texts = [
        f'<text x="{box.x + 12:.0f}" y="{box.y + 19 + i * _LINE:.0f}" fill="{fill}"{weight}>'
        f"{html.escape(_short(line))}</text>"
        for i, (line, fill, weight) in enumerate(
            zip(
                (box.name, *box.lines),
                ("#111", "#445", "#111", "#445"),
                (' font-weight="600"', "", ' font-family="ui-monospace,monospace" font-size="11"', ""),
                strict=True,
            )
        )
    ]
    whole = html.escape("\n".join((box.name, *filter(None, box.lines))))
    border = 'stroke="#223" stroke-width="2"' if box.output else 'stroke="#889"'
    return (
        f"<g><title>{whole}</title>"
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{_ROW}" rx="6" '
        f'fill="{colour}" {border}/>{"".join(texts)}</g>'
    )


def _shape(info: ValueInfo) -> str:
    return " x ".join(map(str, info.shape)) or "scalar"


def _type(info: ValueInfo) -> str:
    text = f"ap_{info.scalar}"
    return f"{text}, a type each" if isinstance(info.type, FixedTypeArray) else text


def _short(line: str) -> str:
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 3]}..."
