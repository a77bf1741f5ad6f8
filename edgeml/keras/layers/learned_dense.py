"""LearnedDense: x @ kernel + bias, the input cast to learned bits, and an inline activation."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import quantized_layer
from edgeml.keras.layers._learned import learned_end, learned_input, learned_kernel
from edgeml.keras.layers._linear import product


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Cast and a MatMul with a type per weight."""
    value = learned_input(layer, builder, inputs[0])
    weights = learned_kernel(layer, builder, value)
    return learned_end(layer, builder, product(layer, builder, MatMul(), value, weights, "matmul"))


LAYER = quantized_layer(
    "Dense",
    lower,
    example((6,), units=3, activation="relu"),
    example((4, 6), units=3, use_bias=False, granularity="channel"),
    example((6,), units=3, granularity="tensor"),
)
