"""ZeroPadding: zeros around the spatial axes, 1-D or 2-D."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.pad import Pad
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._window import channels_last, pairs_of


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Pad."""
    channels_last(layer, builder)
    return builder.add(Pad((*pairs_of(layer.padding), (0, 0))), inputs[0], part="pad")
