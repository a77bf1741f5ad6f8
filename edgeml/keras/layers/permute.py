"""Permute: axes in another order."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Transpose; Keras counts axes from one."""
    return builder.add(Transpose(tuple(int(axis) - 1 for axis in layer.dims)), inputs[0], part="transpose")
