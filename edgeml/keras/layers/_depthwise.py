"""Depthwise convolution as a convolution in groups."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.conv import Conv
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._linear import product, reshaped
from edgeml.keras.layers._window import padding, tuple_of
from edgeml.keras.quantizers import QuantizedWeights


def depthwise(
    layer: Any, builder: LayerBuilder, value: str, weights: QuantizedWeights, prefix: str = ""
) -> str:
    """The depthwise part of a layer.

    Args:
        layer: gives strides, padding and dilation.
        builder: where to add ops.
        value: (*space, channels).
        weights: (*kernel, channels, multiplier); filter c * multiplier + m sees channel c.
        prefix: in front of the names.
    """
    *kernel, channels, multiplier = weights.codes.shape
    rank = len(kernel)
    strides, dilation = tuple_of(layer.strides, rank), tuple_of(layer.dilation_rate, rank)
    size = builder.info(value).shape[:-1]
    pads = padding(layer.padding, size, tuple(kernel), strides, dilation, builder)
    grouped = reshaped(weights, (*kernel, 1, channels * multiplier))
    return product(layer, builder, Conv(strides, pads, dilation, channels), value, grouped, "conv", prefix)
