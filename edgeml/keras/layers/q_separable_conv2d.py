"""QSeparableConv: a depthwise convolution, then a pointwise one, each with its own quantizer; 1-D or 2-D.

Between the two QKeras rounds nothing, and neither does the graph.
"""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.conv import Conv
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._convolution import depthwise
from edgeml.keras.layers._families import quantized_layer, quantizers
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


LAYER = quantized_layer(
    "SeparableConv2D",
    lower,
    example(
        (7, 6, 3),
        filters=4,
        kernel_size=3,
        strides=2,
        padding="same",
        depth_multiplier=2,
        **quantizers("depthwise", "pointwise"),
    ),
)
