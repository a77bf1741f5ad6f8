"""Concatenate: inputs side by side along an axis."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.concat import Concat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Concat; Keras counts the batch axis, the graph does not."""
    rank = len(builder.info(inputs[0]).shape)
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis + rank
    if layer.axis == 0 or axis < 0:
        raise builder.refuse("concatenates along the batch axis", "use another axis")
    return builder.add(Concat(axis), *inputs, part="concat")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Concat; ONNX counts the batch axis as Keras does."""
    values = [build.channels_last(value) for value in inputs]
    axis = layer.axis % (len(values[0].shape) + 1)
    shape = list(values[0].shape)
    shape[axis - 1] = sum(value.shape[axis - 1] for value in values)
    return FloatTensor(build.add("Concat", [value.name for value in values], axis=axis), tuple(shape))


LAYER = keras_layer(
    LayerKind.MERGES, lower, float_onnx, example((4, 3), inputs=3), example((4, 3), inputs=2, axis=1)
)
