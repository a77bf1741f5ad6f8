"""LearnedConv2D: a convolution of an input cast to learned bits per channel."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._convolution import convolution
from edgeml.keras.layers._families import quantized_layer
from edgeml.keras.layers._learned import learned_end, learned_input, learned_kernel
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Cast and a Conv with a type per weight."""
    channels_last(layer, builder)
    value = learned_input(layer, builder, inputs[0])
    weights = learned_kernel(layer, builder, value)
    return learned_end(layer, builder, convolution(layer, builder, value, weights, layer.groups))


LAYER = quantized_layer(
    "Conv2D",
    lower,
    example((7, 6, 2), filters=3, kernel_size=(2, 3), strides=(2, 1), padding="same", activation="relu"),
    example((7, 6, 2), filters=3, kernel_size=3, use_bias=False, granularity="tensor"),
)
