"""QDense: x @ kernel + bias, both quantized, and an inline activation."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers._linear import finish, kernel_weights, product


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MatMul with constant weights."""
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer")
    return finish(layer, builder, product(layer, builder, MatMul(), inputs[0], weights, "matmul"))


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("Dense"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (6,),
            units=3,
            kernel_quantizer="quantized_bits(6, 1, alpha=1.0)",
            bias_quantizer="quantized_bits(8, 2, alpha=1.0)",
        ),
        example((4, 6), units=3, kernel_quantizer="quantized_bits(6, 1, alpha=1.0)", use_bias=False),
    ),
)
