"""QActivation: a quantizer as a layer; directly after a model input it is the type of the graph's input."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._float import QUANTIZED, activation_layer


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The quantizer's ops."""
    return activate(layer.activation, builder, inputs[0])


LAYER = LayerHandler(
    kind=LayerKind.ANY,
    lower=lower,
    float_layer=activation_layer,
    float_onnx=QUANTIZED,
    examples=(
        example((6,), activation="quantized_relu(5, 2)"),
        example((6,), activation="quantized_bits(4, 1, alpha=1.0)"),
        example((6,), activation="quantized_tanh(5)"),
    ),
)
