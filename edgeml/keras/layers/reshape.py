"""Reshape: the same elements, row by row, in another shape."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Reshape; one size may be -1."""
    info = builder.info(inputs[0])
    divisor = 1
    for size in layer.target_shape:
        divisor *= size if size != -1 else 1
    shape = tuple(int(size) if size != -1 else info.size // divisor for size in layer.target_shape)
    return builder.add(Reshape(shape), inputs[0], part="reshape")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Reshape of the elements in Keras' order."""
    value = build.channels_last(inputs[0])
    return build.reshaped(value, tuple(layer.compute_output_shape((None, *value.shape))[1:]))


LAYER = keras_layer(LayerKind.MOVES, lower, float_onnx, example((3, 2, 2), target_shape=(-1, 6)))
