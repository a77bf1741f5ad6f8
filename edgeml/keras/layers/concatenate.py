"""Concatenate: inputs side by side along an axis."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.concat import Concat
from edgeml.keras.builder import LayerBuilder

MERGES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Concat; Keras counts the batch axis, the graph does not."""
    rank = len(builder.info(inputs[0]).shape)
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis + rank
    if layer.axis == 0 or axis < 0:
        raise builder.refuse("concatenates along the batch axis", "use another axis")
    return builder.add(Concat(axis), *inputs, part="concat")
