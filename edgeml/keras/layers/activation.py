"""Activation: a Keras function, or a quantizer handed to it."""

from __future__ import annotations

from typing import Any

from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import activation_layer
from edgeml.keras.layers._float_onnx import activated
from edgeml.keras.layers.q_activation import lower
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """The function."""
    return activated(build, layer.activation, inputs[0])


LAYER = LayerHandler(
    kind=LayerKind.ANY,
    lower=lower,
    float_layer=activation_layer,
    float_onnx=float_onnx,
    examples=(
        example((6,), activation="relu"),
        example((6,), activation="tanh"),
        example((4, 3), activation="gelu"),
    ),
)
