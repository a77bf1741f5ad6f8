"""RepeatVector: a vector n times, one below the other."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Reshape to one row and a Repeat of it."""
    row = builder.add(Reshape((1, *builder.info(inputs[0]).shape)), inputs[0], part="row")
    return builder.add(Repeat(0, int(layer.n)), row, part="repeat")
