"""QConv2DBatchnorm at inference: a convolution with the batch normalization folded in, then quantized."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._convolution import convolution
from edgeml.keras.layers._families import folded_layer, quantizers
from edgeml.keras.layers._folded import finish_folded, statistics
from edgeml.keras.layers._linear import kernel_weights
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Conv and an Add."""
    channels_last(layer, builder)
    kernel, bias = statistics(layer, layer.kernel)
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer", kernel)
    convolved = convolution(layer, builder, inputs[0], weights, layer.groups)
    return finish_folded(layer, builder, convolved, bias)


LAYER = folded_layer(
    "Conv2D",
    lower,
    example(
        (7, 6, 2),
        filters=3,
        kernel_size=3,
        padding="same",
        activation="quantized_relu(6, 3)",
        **quantizers("kernel", folded=True),
    ),
)
