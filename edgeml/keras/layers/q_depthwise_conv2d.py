"""QDepthwiseConv2D: every channel has its own kernels; a convolution with as many groups as channels."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._depthwise import depthwise
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers._linear import finish, kernel_weights
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A grouped Conv."""
    channels_last(layer, builder)
    attribute = "depthwise_kernel" if hasattr(layer, "depthwise_kernel") else "kernel"
    weights = kernel_weights(layer, builder, attribute, "depthwise_quantizer")
    return finish(layer, builder, depthwise(layer, builder, inputs[0], weights))


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("DepthwiseConv2D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (7, 6, 3),
            kernel_size=3,
            strides=2,
            padding="same",
            depth_multiplier=2,
            depthwise_quantizer="quantized_bits(6, 1, alpha=1.0)",
            bias_quantizer="quantized_bits(8, 2, alpha=1.0)",
        ),
    ),
)
