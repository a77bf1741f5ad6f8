"""The sensitivity to pruning as a table: a row per layer, a column per share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from edgeml.report.sections.pruning.facts import PruningFacts
from edgeml.training.small.pruning_record import PrunedRow

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_BORNE = 1.0
"""Points that a layer may lose for its share to count as borne, in the line of a folded section."""


@dataclass(frozen=True)
class LayerSensitivity:
    """A layer at every share.

    Attributes:
        name: of the layer.
        weights: of its kernel.
        zero: of them, as trained.
        rows: by share, the smallest first.
    """

    name: str
    weights: int
    zero: int
    rows: tuple[PrunedRow, ...]

    def at(self, share: float) -> PrunedRow | None:
        """The figure at a share, if it was measured."""
        return next((row for row in self.rows if row.share == share), None)


@dataclass(frozen=True)
class PruningView:
    """The table.

    Attributes:
        layers: its rows.
        shares: its columns.
    """

    layers: tuple[LayerSensitivity, ...]
    shares: tuple[float, ...]


def view(facts: Facts) -> PruningView:
    """The rows and columns of the table."""
    record = facts.part(PruningFacts).pruning
    rows = record.rows if record is not None else ()
    keys = dict.fromkeys((row.layer, row.weights, row.zero) for row in rows)
    layers = (
        LayerSensitivity(name, weights, zero, tuple(row for row in rows if row.layer == name))
        for name, weights, zero in keys
    )
    return PruningView(tuple(layers), tuple(sorted({row.share for row in rows})))


def digest(facts: Facts) -> str:
    """The layer that bears least, and how much of it."""
    record = facts.part(PruningFacts).pruning
    if record is None:
        return ""

    def borne(layer: LayerSensitivity) -> float:
        bearable = takewhile(lambda row: row.percent >= record.percent - _BORNE, layer.rows)
        return max((row.share for row in bearable), default=0.0)

    least = min(view(facts).layers, key=borne)
    return f"{least.name} bears least: {100 * borne(least):.0f} % pruned within {_BORNE:g} point"
