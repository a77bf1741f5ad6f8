"""QDepthwiseConv2DBatchnorm at inference: a depthwise convolution with the normalization folded in."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._convolution import depthwise
from edgeml.keras.layers._families import folded_layer, quantizers
from edgeml.keras.layers._folded import finish_folded, statistics
from edgeml.keras.layers._linear import kernel_weights
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A grouped Conv and an Add."""
    channels_last(layer, builder)
    kernel, bias = statistics(layer, layer.depthwise_kernel, fast=True)
    weights = kernel_weights(layer, builder, "depthwise_kernel", "depthwise_quantizer", kernel)
    return finish_folded(layer, builder, depthwise(layer, builder, inputs[0], weights), bias)


LAYER = folded_layer(
    "DepthwiseConv2D", lower, example((7, 6, 2), kernel_size=3, **quantizers("depthwise", folded=True))
)
