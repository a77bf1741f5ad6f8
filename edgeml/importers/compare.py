"""An imported model against its own framework, layer by layer.

Where the framework computes in floats that may round, it is not exact itself. Its layers are then computed
again in float64, and the row tells how many integers differ from that.

Invariant: nothing is rounded before it is compared; an integer counts as equal only if the float is it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeml.importers.base import Floats, Imported
from edgeml.keras.difference import LayerDifference, measured


def compare(imported: Imported, x: Mapping[str, Floats]) -> tuple[LayerDifference, ...]:
    """The integers of each layer that differ: their number, and the distance.

    Args:
        imported: a model whose framework is installed, see `SourceModel.missing`.
        x: floats (samples, *shape) by graph input.

    Returns:
        In the graph's order, every layer with a difference, and every output, different or not.

    Raises:
        EdgemlError: the data do not fit the model, or its framework does not run it.
    """
    graph, model = imported.graph, imported.model
    rows = measured(graph, model.values, x, model.run)
    if not any(row.differing for row in rows):
        return rows
    computed = True

    def double(part: Any, names: Sequence[str]) -> Mapping[str, Any]:
        nonlocal computed
        values = model.run_double(part, names)
        computed = computed and values is not None
        return values or {}

    again = {row.layer: row.differing for row in measured(graph, model.values, x, double)}
    if not computed:
        return rows
    return tuple(row.model_copy(update={"double": again.get(row.layer, 0)}) for row in rows)
