"""Convolutions with constant weights, in groups or depthwise."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.conv import Conv
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._linear import product, reshaped
from edgeml.keras.layers._window import padding, tuple_of
from edgeml.keras.quantizers import QuantizedWeights


def convolution(
    layer: Any, builder: LayerBuilder, value: str, weights: QuantizedWeights, groups: int, prefix: str = ""
) -> str:
    """The convolution of a layer.

    Args:
        layer: gives strides, padding and dilation.
        builder: where to add ops.
        value: (*space, channels).
        weights: (*kernel, channels / groups, filters).
        groups: of channels.
        prefix: in front of the names.
    """
    kernel, size = weights.codes.shape[:-2], builder.info(value).shape[:-1]
    strides, dilation = (tuple_of(steps, len(kernel)) for steps in (layer.strides, layer.dilation_rate))
    pads = padding(layer.padding, size, kernel, strides, dilation, builder)
    return product(layer, builder, Conv(strides, pads, dilation, groups), value, weights, "conv", prefix)


def depthwise(
    layer: Any, builder: LayerBuilder, value: str, weights: QuantizedWeights, prefix: str = ""
) -> str:
    """The depthwise convolution of a layer, as one in groups; see `convolution`.

    `weights` are (*kernel, channels, multiplier); filter c * multiplier + m sees channel c.
    """
    *kernel, channels, multiplier = weights.codes.shape
    grouped = reshaped(weights, (*kernel, 1, channels * multiplier))
    return convolution(layer, builder, value, grouped, channels, prefix)
