"""ELU: x where positive, alpha * (exp(x) - 1) elsewhere; real, so that a quantizer has to follow."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A table together with the quantizer that follows."""
    return builder.function(inputs[0], keras_function(layer), type(layer).__name__)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Elu."""
    return build.pointwise("Elu", inputs[0], alpha=float(layer.alpha))


LAYER = keras_layer(LayerKind.ANY, lower, float_onnx, example((6,), alpha=0.7))
