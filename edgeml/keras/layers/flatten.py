"""Flatten: all elements of a sample in one row, C order."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._window import channels_last

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Reshape to one axis."""
    channels_last(layer, builder)
    return builder.add(Reshape((builder.info(inputs[0]).size,)), inputs[0], part="reshape")
