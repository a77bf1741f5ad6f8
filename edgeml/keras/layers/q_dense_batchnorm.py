"""QDenseBatchnorm at inference: a matrix product with the batch normalization folded in, then quantized."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import folded_layer, quantizers
from edgeml.keras.layers._folded import finish_folded, statistics
from edgeml.keras.layers._linear import kernel_weights, product


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MatMul and an Add."""
    kernel, bias = statistics(layer, layer.kernel)
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer", kernel)
    return finish_folded(
        layer, builder, product(layer, builder, MatMul(), inputs[0], weights, "matmul"), bias
    )


LAYER = folded_layer("Dense", lower, example((6,), units=3, **quantizers("kernel", folded=True)))
