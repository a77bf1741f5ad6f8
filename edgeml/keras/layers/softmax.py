"""Softmax: as the last layer the graph gives the logits; elsewhere, or if asked for, two tables and a sum."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._activation import softmax
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import softmax_node
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The logits, waiting to be the model's output, or to be read."""
    rank = len(builder.info(inputs[0]).shape)
    if layer.axis not in (-1, rank):
        raise builder.refuse(f"softmax along axis {layer.axis}", "use the last axis")
    return softmax(builder, inputs[0], layer)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Softmax along one axis."""
    if not isinstance(layer.axis, int):
        raise build.refuse(f"a softmax along axes {layer.axis}", "use one axis")
    return softmax_node(build, inputs[0], layer.axis)


LAYER = keras_layer(LayerKind.ANY, lower, float_onnx, example((6,)), example((3, 4)))
