"""ZeroPadding3D: zeros around a volume."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.pad import Pad
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._window import channels_last, pairs_of
from edgeml.keras.layers.zero_padding2d import float_onnx


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Pad."""
    channels_last(layer, builder)
    return builder.add(Pad((*pairs_of(layer.padding), (0, 0))), inputs[0], part="pad")


LAYER = keras_layer(
    LayerKind.QUANTIZED, lower, float_onnx, example((2, 3, 2, 2), padding=((1, 0), (0, 2), (1, 1)))
)
