"""Rescaling: x * scale + offset, see `_rescale`."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._rescale import rescaled
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Constants in float32, as Keras has them."""
    scale, offset = (
        np.asarray(part, np.float32).astype(np.float64).reshape(-1) for part in (layer.scale, layer.offset)
    )
    return rescaled(layer, builder, inputs[0], scale, offset)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Mul and Add of constants."""
    value = build.channels_last(inputs[0])
    for op, constant in (("Mul", layer.scale), ("Add", layer.offset)):
        value = build.pointwise(op, value, np.asarray(constant, np.float32).reshape(-1))
    return value


LAYER = keras_layer(
    LayerKind.ANY,
    lower,
    float_onnx,
    example((4, 3), scale=0.25),
    example((4, 3), scale=[0.5, 2.0, 1.0], offset=[0.5, -1.0, 0.0]),
)
