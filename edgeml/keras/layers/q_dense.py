"""QDense: x @ kernel + bias, both quantized, and an inline activation."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._linear import finish, kernel_weights, product


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MatMul with constant weights."""
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer")
    return finish(layer, builder, product(layer, builder, MatMul(), inputs[0], weights, "matmul"))
