"""RepeatVector: a vector n times, one below the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Reshape to one row and a Repeat of it."""
    row = builder.add(Reshape((1, *builder.info(inputs[0]).shape)), inputs[0], part="row")
    return builder.add(Repeat(0, int(layer.n)), row, part="repeat")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """A row, and as many as wanted of it."""
    (size,) = inputs[0].shape
    row = build.reshaped(build.channels_last(inputs[0]), (1, size))
    times = build.const([1, layer.n, 1], np.int64)
    return FloatTensor(build.add("Tile", [row.name, times]), (layer.n, size))


LAYER = keras_layer(LayerKind.MOVES, lower, float_onnx, example((5,), n=3))
