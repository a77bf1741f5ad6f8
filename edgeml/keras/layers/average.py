"""Average: the mean of its inputs, element by element; exact for a power of two of them."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.add import Add
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._mean import divided
from edgeml.keras.layers._merge import fold

MERGES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The exact sum, divided."""
    del layer
    return divided(builder, fold(builder, Add(), inputs, "sum"), len(inputs))
