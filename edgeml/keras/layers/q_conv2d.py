"""QConv2D: convolution with stride, dilation, groups; kernel (height, width, channels / groups, filters)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import example
from edgeml.keras.layers._convolution import convolution
from edgeml.keras.layers._families import quantized_layer, quantizers
from edgeml.keras.layers._linear import finish, kernel_weights
from edgeml.keras.layers._window import channels_last


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Conv with constant weights."""
    channels_last(layer, builder)
    weights = kernel_weights(layer, builder, "kernel", "kernel_quantizer")
    mask = getattr(layer, "_mask", None)
    if mask is not None:
        keep = np.asarray(mask)
        if not np.all((keep == 0) | (keep == 1)):
            raise builder.refuse("the mask has entries besides 0 and 1", "use a mask of zeros and ones")
        weights = replace(weights, codes=weights.codes * keep.astype(np.int64))
    return finish(layer, builder, convolution(layer, builder, inputs[0], weights, layer.groups))


LAYER = quantized_layer(
    "Conv2D",
    lower,
    example((7, 6, 2), filters=3, kernel_size=(2, 3), strides=(2, 1), padding="same", **quantizers("kernel")),
    example(
        (7, 6, 4),
        filters=6,
        kernel_size=3,
        groups=2,
        use_bias=False,
        **quantizers("kernel", bias=False),
    ),
)
