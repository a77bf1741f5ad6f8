"""The drawing of the network: a box per layer, what it is above, what leaves it below."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.report.sections.network.view import DrawnLayer
from edgeml.report.svg import line, rect, shortened, svg, text
from edgeml.report.words import amount, shape_words, share

_WIDE, _HIGH, _GAP = 344.0, 46.0, 22.0


def network_drawing(layers: Sequence[DrawnLayer]) -> str:
    """The layers from top to bottom, as wide as a phone.

    Returns:
        The drawing, or "" without layers.
    """
    if not layers:
        return ""
    parts: list[str] = []
    y = 2.0
    for place, drawn in enumerate(layers):
        if place:
            parts.append(line(_WIDE / 2, y - _GAP, _WIDE / 2, y - 5, "wire"))
            parts.append(f'<path class="wire-end" d="M{_WIDE / 2 - 4:.1f} {y - 6:.1f}h8l-4 5z"/>')
        parts.extend(_box(drawn, y))
        y += _HIGH + _GAP
    label = "The network from top to bottom: " + "; ".join(_in_words(drawn) for drawn in layers)
    return svg(_WIDE + 4, y - _GAP + 4, parts, label, "", "network")


def _box(drawn: DrawnLayer, y: float) -> list[str]:
    layer = drawn.layer
    kind = f"n-{_role(drawn)}"
    parts = [f'<g class="{kind}">', rect(2, y, _WIDE, _HIGH, "box", _in_words(drawn))]
    parts.append(rect(2, y, 5, _HIGH, "edge"))
    parts.append(text(16, y + 19, shortened(layer.name, 22), "named start"))
    parts.append(text(_WIDE - 8, y + 19, shortened(layer.kind, 22), "kind end"))
    below = f"{shape_words(layer.shape)}  {shortened(layer.type, 20)}"
    if drawn.comes_from:
        below = shortened(f"from {drawn.comes_from}", 38)
    parts.append(text(16, y + 37, below, "what start"))
    if drawn.share is not None:
        parts.append(rect(_WIDE - 108, y + _HIGH - 4, 100, 3, "rail"))
        parts.append(rect(_WIDE - 108, y + _HIGH - 4, 100 * min(drawn.share, 1.0), 3, "taken"))
        parts.append(text(_WIDE - 8, y + 37, f"{share(drawn.share)} of LUTs", "what end"))
    elif layer.weights:
        parts.append(text(_WIDE - 8, y + 37, f"{amount(layer.weights)} weights", "what end"))
    return [*parts, "</g>"]


def _role(drawn: DrawnLayer) -> str:
    """The colour of a box: an input, a layer with weights, or one without."""
    if drawn.layer.ops == ("input",):
        return "input"
    return "weights" if drawn.layer.weights else "other"


def _in_words(drawn: DrawnLayer) -> str:
    layer = drawn.layer
    words = [f"{layer.name} ({layer.kind}) gives {shape_words(layer.shape)} of {layer.type}"]
    if layer.weights:
        words.append(f"{amount(layer.weights)} weights of {' and '.join(layer.weight_types)}")
    if drawn.share is not None:
        words.append(f"{share(drawn.share)} of the LUTs")
    if drawn.comes_from:
        words.append(f"reads {drawn.comes_from}")
    return ", ".join(words)
