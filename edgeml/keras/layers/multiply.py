"""Multiply: the product of its inputs, element by element."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._merge import fold

MERGES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Mul of all inputs."""
    del layer
    return fold(builder, Mul(), inputs, "product")
