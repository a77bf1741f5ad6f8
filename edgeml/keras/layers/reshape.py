"""Reshape: the same elements, row by row, in another shape."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Reshape; one size may be -1."""
    info = builder.info(inputs[0])
    divisor = 1
    for size in layer.target_shape:
        divisor *= size if size != -1 else 1
    shape = tuple(int(size) if size != -1 else info.size // divisor for size in layer.target_shape)
    return builder.add(Reshape(shape), inputs[0], part="reshape")
