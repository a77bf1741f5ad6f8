"""Flatten: all elements of a sample in one row, C order."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import only_channels_last
from edgeml.keras.layers._window import channels_last
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Reshape to one axis."""
    channels_last(layer, builder)
    return builder.add(Reshape((builder.info(inputs[0]).size,)), inputs[0], part="reshape")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Flatten; an image that is stored channels first stays in that order, and the tensor says so."""
    only_channels_last(build, layer)
    value = inputs[0]
    flat = build.add("Flatten", [value.name], axis=1)
    return FloatTensor(flat, (int(np.prod(value.shape)),), flat=value.shape if value.first else value.flat)


LAYER = keras_layer(LayerKind.MOVES, lower, float_onnx, example((3, 2, 2)))
