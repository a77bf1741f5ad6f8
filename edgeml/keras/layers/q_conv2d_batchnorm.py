"""QConv2DBatchnorm at inference: a convolution with the batch normalization folded in, then quantized."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.conv import Conv
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, folded_counterpart
from edgeml.keras.layers._folded import finish_folded, statistics
from edgeml.keras.layers._linear import kernel_weights, product
from edgeml.keras.layers._window import channels_last, padding, tuple_of


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Conv and an Add."""
    channels_last(layer, builder)
    kernel, bias = statistics(layer, layer.kernel)
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer", kernel)
    strides, dilation = tuple_of(layer.strides, 2), tuple_of(layer.dilation_rate, 2)
    size = builder.info(inputs[0]).shape[:-1]
    pads = padding(layer.padding, size, weights.codes.shape[:2], strides, dilation, builder)
    op = Conv(strides, pads, dilation, layer.groups)
    return finish_folded(layer, builder, product(layer, builder, op, inputs[0], weights, "conv"), bias)


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=folded_counterpart("Conv2D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (7, 6, 2),
            filters=3,
            kernel_size=3,
            padding="same",
            kernel_quantizer="quantized_bits(8, 2, alpha=1.0)",
            bias_quantizer="quantized_bits(14, 5, alpha=1.0)",
            activation="quantized_relu(6, 3)",
        ),
    ),
)
