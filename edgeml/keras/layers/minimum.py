"""Minimum: the smallest of its inputs, element by element."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._merge import fold

MERGES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Min of all inputs."""
    del layer
    return fold(builder, Min(), inputs, "smallest")
