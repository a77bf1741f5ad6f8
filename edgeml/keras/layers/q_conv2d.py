"""QConv2D: convolution with stride, dilation, groups; kernel (height, width, channels / groups, filters)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir.ops.conv import Conv
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import QUANTIZED, counterpart
from edgeml.keras.layers._linear import finish, kernel_weights, product
from edgeml.keras.layers._window import channels_last, padding, tuple_of


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
    rank = len(layer.kernel_size)
    kernel, strides, dilation = (
        tuple_of(value, rank) for value in (layer.kernel_size, layer.strides, layer.dilation_rate)
    )
    size = builder.info(inputs[0]).shape[:-1]
    pads = padding(layer.padding, size, kernel, strides, dilation, builder)
    return finish(
        layer,
        builder,
        product(layer, builder, Conv(strides, pads, dilation, layer.groups), inputs[0], weights, "conv"),
    )


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=counterpart("Conv2D"),
    float_onnx=QUANTIZED,
    examples=(
        example(
            (7, 6, 2),
            filters=3,
            kernel_size=(2, 3),
            strides=(2, 1),
            padding="same",
            kernel_quantizer="quantized_bits(6, 1, alpha=1.0)",
            bias_quantizer="quantized_bits(8, 2, alpha=1.0)",
        ),
        example(
            (7, 6, 4),
            filters=6,
            kernel_size=3,
            groups=2,
            kernel_quantizer="quantized_bits(6, 1, alpha=1.0)",
            use_bias=False,
        ),
    ),
)
