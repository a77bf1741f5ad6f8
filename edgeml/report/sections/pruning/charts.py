"""The figure against the share of one layer that is pruned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.sections.pruning.facts import PruningFacts
from edgeml.report.sections.pruning.view import view
from edgeml.report.svg import COLOURS
from edgeml.report.xy import Axis, Series, around, xy_chart

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def pruning_chart(facts: Facts) -> str:
    """A curve per layer from the network as trained on, a point per share; "" if it was not measured."""
    record = facts.part(PruningFacts).pruning
    if record is None:
        return ""
    curves: list[Series] = []
    points: list[Series] = []
    for place, layer in enumerate(view(facts).layers):
        shares = [(row.share, row.percent / 100) for row in layer.rows]
        tips = [
            f"{layer.name}, {100 * row.share:.0f} % pruned: {record.measure} {row.percent:.2f} %"
            for row in layer.rows
        ]
        style = f"k{place % COLOURS}"
        curves.append(Series(layer.name, style, [(0.0, record.percent / 100), *shares]))
        points.append(Series(layer.name, style, shares, cloud=True, tips=tips))
    figures = [value for curve in curves for _, value in curve.points]
    up = around(record.measure, figures, percent=True)
    across = Axis("share of the layer's weights that is pruned", 0.0, 1.0, percent=True)
    return xy_chart([*curves, *points], across, up, f"{record.measure} against the share pruned of one layer")
