"""The layers of the network with their share of the design that the report shows first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.sections.hardware.facts import HardwareFacts
from edgeml.report.sections.hardware.groups import detailed
from edgeml.report.sections.network.facts import NetworkFacts, NetworkLayer
from edgeml.report.words import amount

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

PIECE = 12
"""Layers that are drawn in one piece; of a longer network the others are folded away."""


@dataclass(frozen=True)
class DrawnLayer:
    """One layer in the drawing.

    Attributes:
        layer: itself.
        share: of the design's LUTs, 0 to 1; None if it is not known.
        comes_from: the layers that it reads, where it does not simply follow the one above; else "".
    """

    layer: NetworkLayer
    share: float | None
    comes_from: str


@dataclass(frozen=True)
class NetworkView:
    """The `view` of the templates of the network.

    Attributes:
        pieces: the layers, in pieces of `PIECE`.
        design: whose LUTs the shares are of, with its source; "" if no source tells.
        line: the network in a line.
    """

    pieces: tuple[tuple[DrawnLayer, ...], ...]
    design: str
    line: str


def view(facts: Facts) -> NetworkView:
    """The layers with their shares."""
    layers = facts.part(NetworkFacts).network
    shares, design = _shares(facts)
    drawn = tuple(
        DrawnLayer(layer, shares.get(layer.name), _comes_from(layer, layers[place - 1] if place else None))
        for place, layer in enumerate(layers)
    )
    pieces = tuple(drawn[start : start + PIECE] for start in range(0, len(drawn), PIECE))
    return NetworkView(pieces, design, digest(facts))


def digest(facts: Facts) -> str:
    """The network in a line: how many layers and weights."""
    layers = facts.part(NetworkFacts).network
    counted = [layer for layer in layers if layer.ops != ("input",)]
    weights = sum(layer.weights for layer in layers)
    return f"{len(counted)} layers, {amount(weights)} weights" if layers else ""


def _comes_from(layer: NetworkLayer, above: NetworkLayer | None) -> str:
    return "" if above is None or layer.reads in ((above.name,), ()) else ", ".join(layer.reads)


def _shares(facts: Facts) -> tuple[dict[str, float], str]:
    """The layers' shares of the LUTs of the first design with layers, and that design."""
    for group in detailed(facts.part(HardwareFacts)):
        total = group.best.item.total.lut
        if total is None or not total.value:
            continue
        luts: dict[str, float] = {}
        for part in group.best.item.layers:
            if part.usage.lut is not None:
                luts[part.layer] = luts.get(part.layer, 0.0) + part.usage.lut.value / total.value
        if luts:
            return luts, f"{group.best.name} on {group.best.place}, {group.best.origin}"
    return {}, ""
