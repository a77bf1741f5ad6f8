"""QDepthwiseConv2D: every channel has its own kernels; a convolution with as many groups as channels."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._convolution import depthwise
from edgeml.keras.layers._families import quantized_layer, quantizers
from edgeml.keras.layers._linear import finish, kernel_weights
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A grouped Conv."""
    channels_last(layer, builder)
    attribute = "depthwise_kernel" if hasattr(layer, "depthwise_kernel") else "kernel"
    weights = kernel_weights(layer, builder, attribute, "depthwise_quantizer")
    return finish(layer, builder, depthwise(layer, builder, inputs[0], weights))


LAYER = quantized_layer(
    "DepthwiseConv2D",
    lower,
    example(
        (7, 6, 3), kernel_size=3, strides=2, padding="same", depth_multiplier=2, **quantizers("depthwise")
    ),
)
