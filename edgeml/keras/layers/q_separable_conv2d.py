"""QSeparableConv: a depthwise convolution, then a pointwise one, each with its own quantizer; 1-D or 2-D.

Between the two QKeras rounds nothing, and neither does the graph.
"""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.conv import Conv
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._depthwise import depthwise
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers._linear import finish, kernel_weights, product
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Two Convs."""
    channels_last(layer, builder)
    first = kernel_weights(layer, builder, "depthwise_kernel", "depthwise_quantizer")
    second = kernel_weights(layer, builder, "pointwise_kernel", "pointwise_quantizer")
    inner = depthwise(layer, builder, inputs[0], first, "depthwise_")
    rank = second.codes.ndim - 2
    op = Conv((1,) * rank, ((0, 0),) * rank, (1,) * rank)
    return finish(layer, builder, product(layer, builder, op, inner, second, "conv", "pointwise_"))


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("SeparableConv2D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (7, 6, 3),
            filters=4,
            kernel_size=3,
            strides=2,
            padding="same",
            depth_multiplier=2,
            depthwise_quantizer="quantized_bits(6, 1, alpha=1.0)",
            pointwise_quantizer="quantized_bits(6, 1, alpha=1.0)",
            bias_quantizer="quantized_bits(8, 2, alpha=1.0)",
        ),
    ),
)
