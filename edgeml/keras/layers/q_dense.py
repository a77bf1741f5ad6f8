"""QDense: x @ kernel + bias, both quantized, and an inline activation."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import quantized_layer, quantizers
from edgeml.keras.layers._linear import finish, kernel_weights, product


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MatMul with constant weights."""
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer")
    return finish(layer, builder, product(layer, builder, MatMul(), inputs[0], weights, "matmul"))


LAYER = quantized_layer(
    "Dense",
    lower,
    example((6,), units=3, **quantizers("kernel")),
    example((4, 6), units=3, use_bias=False, **quantizers("kernel", bias=False)),
)
