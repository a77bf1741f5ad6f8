"""Add: the sum of its inputs, element by element; a residual connection."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.add import Add
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._merge import fold

MERGES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Add of all inputs."""
    del layer
    return fold(builder, Add(), inputs, "sum")
