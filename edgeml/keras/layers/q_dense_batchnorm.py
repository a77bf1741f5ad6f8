"""QDenseBatchnorm at inference: a matrix product with the batch normalization folded in, then quantized."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, folded_counterpart
from edgeml.keras.layers._folded import finish_folded, statistics
from edgeml.keras.layers._linear import kernel_weights, product


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MatMul and an Add."""
    kernel, bias = statistics(layer, layer.kernel)
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer", kernel)
    return finish_folded(
        layer, builder, product(layer, builder, MatMul(), inputs[0], weights, "matmul"), bias
    )


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=folded_counterpart("Dense"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (6,),
            units=3,
            kernel_quantizer="quantized_bits(8, 2, alpha=1.0)",
            bias_quantizer="quantized_bits(14, 5, alpha=1.0)",
        ),
    ),
)
